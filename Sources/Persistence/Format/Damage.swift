import EnvironmentDomain
import JSONText

/// What is wrong with the bytes of a document.
enum Damage: Error, CustomStringConvertible {
    case empty
    /// The bytes end in the middle, after so many.
    case cutOff(Int, JSONError)
    /// The bytes are not JSON.
    case notJSON(JSONError)
    case checksumMismatch
    /// The bytes are JSON, and not the document.
    case wrongShape(String, (any Error)? = nil)
    /// The schema version that the bytes claim, and the newest that this program knows.
    case tooNew(Int, known: Int)

    /// - Parameter bytes: the bytes that an error is about.
    init(_ error: any Error, in bytes: [UInt8]) {
        switch error {
        case let damage as Damage: self = damage
        case let error as JSONError where error.code == .unexpectedEnd:
            self = bytes.isEmpty ? .empty : .cutOff(bytes.count, error)
        case let error as JSONError where error.code == .duplicateMember: self = .wrongShape(error.description, error)
        case let error as JSONError: self = .notJSON(error)
        case let error as DecodingError: self = .wrongShape(error.plainWords(), error)
        default:
            self = .wrongShape("\(error)", error)
        }
    }

    var code: RepositoryError.Code {
        switch self {
        case .empty, .cutOff, .notJSON: .deserializationFailed
        case .checksumMismatch: .checksumMismatch
        case .wrongShape: .corruptedStateFile
        case .tooNew: .schemaTooNew
        }
    }

    /// The error of the decoder, of JSON or of a type; `nil` where the bytes were not decoded.
    var cause: (any Error)? {
        switch self {
        case .cutOff(_, let error), .notJSON(let error): error
        case .wrongShape(_, let error): error
        case .empty, .checksumMismatch, .tooNew: nil
        }
    }

    /// What is wrong, as the rest of a sentence whose subject is the file.
    var description: String {
        switch self {
        case .empty: "is empty (0 bytes), which no save leaves behind"
        case .cutOff(let count, _): "is cut off after \(count) bytes"
        case .notJSON(let error): "is not JSON: line \(error.line), column \(error.column)"
        case .checksumMismatch: "was edited or damaged: its checksum is not that of its content"
        case .wrongShape(let reason, _):
            "is not a document of this kind: \(reason.hasSuffix(".") ? String(reason.dropLast()) : reason)"
        case .tooNew(let version, let known):
            "has schema version \(version), and this program knows versions up to \(known)"
        }
    }
}

extension RepositoryError {
    /// Whether the bytes of a document are damaged, and not only out of reach or of a newer program.
    var isDamage: Bool {
        switch code {
        case .deserializationFailed, .corruptedStateFile, .checksumMismatch, .notRegularFile: true
        default: false
        }
    }
}
