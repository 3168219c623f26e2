import JSONText

/// A document whose form has changed: it says which form came before, and how to make itself from that.
///
/// The forms are a chain, and a form's schema version is its place in it:
///
///     struct NoteV1: VersionedDocument { var text: String }
///     struct Note: VersionedDocument {
///         var lines: [String]
///         init(upgrading previous: NoteV1) { lines = [previous.text] }
///     }
///
/// A store of `Note` reads documents of both forms, writes the newest, and refuses those of a newer program. A document
/// that is not versioned has schema version 1.
public protocol VersionedDocument: Codable, Hashable, Sendable {
    /// The form before this one; `Never` for the first.
    associatedtype Previous: VersionedDocument = Never

    /// Makes this form from the one before.
    init(upgrading previous: Previous) throws
}

extension VersionedDocument {
    /// The form's place in the chain of forms: 1 for the first.
    public static var schemaVersion: Int { Previous.self == Never.self ? 1 : Previous.schemaVersion + 1 }

    /// Decodes a form of that version and upgrades it, one form after the other.
    static func decode(version: Int, from node: JSONNode) throws -> Self {
        version < schemaVersion
            ? try Self(upgrading: Previous.decode(version: version, from: node))
            : try JSONTextDecoder().decode(Self.self, from: node)
    }
}

extension VersionedDocument where Previous == Never {
    public init(upgrading previous: Never) { switch previous {} }
}

extension Never: VersionedDocument {}
