public import EnvironmentDomain

/// The text of a stored environment, the same in every repository: the content of a `state.json`, with its checksum.
///
/// For those who write a repository: what one wrote, another reads.
public enum EnvironmentDocument: Sendable {
    /// The newest schema version that this program reads, and the one that it writes.
    public static var schemaVersion: Int { DocumentFormat<AnyEnvironmentState>.schemaVersion }

    static let format = DocumentFormat<AnyEnvironmentState>(documentKey: "environment")

    /// Writes an environment as a document, and makes sure that it reads as what it was.
    ///
    /// - Throws: `RepositoryError` with `serializationFailed`.
    public static func text(of stored: StoredEnvironment) throws(RepositoryError) -> [UInt8] {
        do {
            return try format.encode(stored)
        } catch {
            throw RepositoryError(
                .serializationFailed,
                "The state of \(stored.document.name) cannot be written as JSON: \(error). Nothing was changed; "
                    + "this is a bug.", cause: error)
        }
    }

    /// Reads a document.
    ///
    /// - Parameters:
    ///   - text: the document's bytes.
    ///   - name: the environment that it must be of.
    ///   - place: where it stands, for messages.
    ///   - willBeReplaced: whether members that nobody knows are refused, since the next save would drop them.
    /// - Throws: `RepositoryError` with `deserializationFailed`, `corruptedStateFile`, `checksumMismatch`,
    ///   `schemaTooNew` or `wrongEnvironment`.
    public static func read(
        _ text: [UInt8], of name: EnvironmentName, at place: String, willBeReplaced: Bool = false
    ) throws(RepositoryError) -> StoredEnvironment {
        let stored: StoredEnvironment
        do {
            stored = try format.decode(text)
        } catch {
            let advice = error.code == .schemaTooNew ? " Use the newer program that wrote it." : ""
            throw RepositoryError(
                error.code, "\(place) \(error). Nothing was changed.\(advice)", path: place, cause: error)
        }
        guard stored.document.name == name else {
            throw RepositoryError(
                .wrongEnvironment,
                "\(place) holds the environment \(stored.document.name) and not \(name). Nothing was changed.",
                path: place)
        }
        guard !willBeReplaced || format.isFaithful(stored, to: text) else {
            throw RepositoryError(
                .corruptedStateFile,
                "\(place) holds members that this program does not know or that stand in it twice, and a save would "
                    + "drop them. Nothing was changed.", path: place)
        }
        return stored
    }

    /// Reads a document that a person edited, whatever its checksum says.
    ///
    /// - Parameters:
    ///   - text: the document's bytes; nil when nothing is there.
    ///   - name: the environment that it must be of.
    ///   - place: where it stands, for messages.
    ///   - lineage: that of the newest good backup, which must be the document's too; nil when there is none.
    /// - Throws: `RepositoryError` with `recordRefused` when nobody edited it, or when there is more wrong with it than its
    ///   checksum.
    public static func readEdited(
        _ text: [UInt8]?, of name: EnvironmentName, at place: String, lineage: Lineage?
    ) throws(RepositoryError) -> StoredEnvironment {
        func refusal(_ reason: String) -> RepositoryError {
            RepositoryError(.recordRefused, "\(place) \(reason). Nothing was changed.", path: place)
        }
        guard let text else { throw refusal("is not there") }
        do throws(Damage) {
            _ = try format.decode(text)
        } catch {
            guard error == .checksumMismatch else { throw refusal("\(error), and that is no edit to accept") }
            let edited: StoredEnvironment
            do throws(Damage) {
                edited = try format.decodeEdited(text)
            } catch {
                throw refusal("was edited, and what it holds now cannot be accepted: it \(error)")
            }
            guard edited.document.name == name else {
                throw refusal("was edited, and is now of the environment \(edited.document.name)")
            }
            guard lineage == nil || lineage == edited.lineage else {
                throw refusal("was edited, and its lineage is no longer that of its backups")
            }
            return edited
        }
        throw refusal("is what was saved; nobody edited it")
    }
}
