import Foundation

/// An error of another library, which describes itself with Foundation.
struct Described: LocalizedError {
    let errorDescription: String? = "The door is shut."
}
