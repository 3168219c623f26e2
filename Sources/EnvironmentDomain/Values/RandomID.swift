/// 128 random bits, written as 32 lower-case hexadecimal digits.
///
/// `Purpose` keeps one kind of id from standing for another.
public struct RandomID<Purpose: RandomIDPurpose>: ValidatedText {
    public let text: String

    public init(_ text: String) throws(InvalidValue) {
        guard text.consists(of: .hexadecimal, then: .hexadecimal, length: 32...32) else {
            throw InvalidValue(
                kind: Purpose.kind, text: text, rule: "32 lower-case hexadecimal digits",
                example: "0123456789abcdef0123456789abcdef")
        }
        self.text = text
    }

    private init(bits: UInt128) {
        text = hexadecimal(UInt64(truncatingIfNeeded: bits >> 64)) + hexadecimal(UInt64(truncatingIfNeeded: bits))
    }

    /// Makes a new id from the system's random number generator.
    public static func random() -> Self {
        Self(bits: .random(in: .min ... .max))
    }
}

/// What a ``RandomID`` tells apart.
public protocol RandomIDPurpose: Sendable {
    /// The purpose's name in messages.
    static var kind: String { get }
}

/// One run of a command.
public typealias CommandID = RandomID<CommandPurpose>
/// An environment from its first save to its purge, whatever its name.
public typealias Lineage = RandomID<LineagePurpose>
/// One failure and the file that describes it.
public typealias TraceID = RandomID<TracePurpose>
/// One taking of an environment's lock.
public typealias LockID = RandomID<LockPurpose>

public enum CommandPurpose: RandomIDPurpose { public static let kind = "command id" }
public enum LineagePurpose: RandomIDPurpose { public static let kind = "lineage" }
public enum TracePurpose: RandomIDPurpose { public static let kind = "trace id" }
public enum LockPurpose: RandomIDPurpose { public static let kind = "lock id" }
