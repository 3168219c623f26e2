/// 128 random bits, written as 32 lower-case hexadecimal digits.
///
/// `Purpose` prevents an identifier of one kind from being used as another kind.
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

    /// Returns a new identifier from the system's random number generator.
    public static func random() -> Self {
        Self(bits: .random(in: .min ... .max))
    }
}

/// A type that distinguishes one kind of ``RandomID`` from others.
public protocol RandomIDPurpose: Sendable {
    /// The purpose's name in messages.
    static var kind: String { get }
}

/// The identifier of one run of a command.
public typealias CommandID = RandomID<CommandPurpose>
/// The identifier of an environment from its first save to its purge, independent of its name.
public typealias Lineage = RandomID<LineagePurpose>
/// The identifier of one failure and of the file that describes it.
public typealias TraceID = RandomID<TracePurpose>
/// The identifier of one acquisition of an environment's lock.
public typealias LockID = RandomID<LockPurpose>

public enum CommandPurpose: RandomIDPurpose { public static let kind = "command id" }
public enum LineagePurpose: RandomIDPurpose { public static let kind = "lineage" }
public enum TracePurpose: RandomIDPurpose { public static let kind = "trace id" }
public enum LockPurpose: RandomIDPurpose { public static let kind = "lock id" }
