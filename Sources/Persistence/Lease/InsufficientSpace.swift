/// How much room a save needed and how much there was (bytes): the cause of an error with the code `insufficientSpace`.
public struct InsufficientSpace: Error, Hashable, CustomStringConvertible {
    public let available: Int
    public let needed: Int

    public var description: String { "\(available) bytes available, \(needed) needed" }
}
