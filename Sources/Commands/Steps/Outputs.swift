import EnvironmentDomain
import OperatingSystem

/// What a step handed on: lines of the form `name=value`.
struct Outputs: Sendable {
    private(set) var values: [String: String] = [:]
    /// What is wrong with the first line that is not one.
    private(set) var complaint: String?

    /// The size of a value, and of all names and values of an environment together (bytes): every program gets them as
    /// environment variables, and the system takes only so much.
    static let valueLimit = 32 << 10
    static let totalLimit = 256 << 10

    static let rule =
        "a line is name=value, the name of letters, digits and underscores with a letter first, the value of at most "
        + "32768 bytes"

    /// Reads a file of outputs; nothing when there is none.
    ///
    /// - Parameter isFinished: whether the step ended well, so that a last line without a newline counts too.
    init(path: String, isFinished: Bool) throws(SystemError) {
        let bytes: [UInt8]
        do {
            bytes = try OpenFile(path, .read).read(limit: 16 << 20)
        } catch  where error.isNotFound {
            return
        }
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if let rest = lines.popLast(), isFinished, !rest.isEmpty { lines.append(rest) }
        for (index, line) in lines.enumerated() where !line.isEmpty {
            let text = String(decoding: line, as: UTF8.self)
            if let (name, value) = Self.pair(text) ?? Self.exact(text) {
                values[name] = value
            } else if complaint == nil {
                complaint = "line \(index + 1) of $OUTPUTS is \"\(text.prefix(80).withControlsReplaced)\"; \(Self.rule)"
            }
        }
    }

    static func pair(_ line: String) -> (name: String, value: String)? {
        guard let equals = line.firstIndex(of: "=") else { return nil }
        let name = line[..<equals]
        let value = line[line.index(after: equals)...]
        guard let first = name.utf8.first, Self.letters.contains(first), name.utf8.count <= 100,
            name.utf8.allSatisfy({ Self.letters.contains($0) || Self.rest.contains($0) }),
            value.utf8.count <= valueLimit, !value.utf8.contains(0)
        else { return nil }
        return (String(name), String(value))
    }

    private static let letters = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
    private static let rest = Set("0123456789_".utf8)

    /// What an earlier run of a step handed on before it was interrupted, in all its attempts.
    static func ofInterrupted(_ step: StepName, run: CommandID, in workspace: Workspace) -> [String: String] {
        guard let folder = try? Folder("\(workspace.logs)/\(run)"), let names = try? folder.names() else { return [:] }
        // 02-step.outputs, 02-step.2.outputs, …
        let files = names.compactMap { name -> (name: String, attempt: Int)? in
            let parts = name.split(separator: ".")
            guard parts.last == "outputs", parts[0].drop(while: \.isNumber) == "-\(step)" else { return nil }
            return (name, parts.count == 3 ? Int(parts[1]) ?? 1 : 1)
        }
        var values: [String: String] = [:]
        for file in files.sorted(by: { $0.attempt < $1.attempt }) {
            guard let outputs = try? Outputs(path: folder.path(of: file.name), isFinished: false) else { continue }
            values.merge(outputs.values) { $1 }
        }
        return values
    }
}

extension Substring {
    fileprivate var withControlsReplaced: String { String(self).withoutControlCharacters }
}
