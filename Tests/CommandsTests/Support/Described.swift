import Foundation

/// An error of another library that implements Foundation's description.
struct Described: LocalizedError {
    let errorDescription: String? = "The door is shut."
}
