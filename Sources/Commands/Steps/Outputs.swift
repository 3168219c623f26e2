import EnvironmentDomain
import OperatingSystem

/// What a step handed on: lines of the form `name=value`.
struct Outputs: Sendable {
    private(set) var values: [String: String] = [:]
    /// What is wrong with the first line that is not one.
    private(set) var complaint: String?

    static let rule = "a line is name=value, the name of letters, digits and underscores with a letter first"

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
            if let (name, value) = Self.pair(text) {
                values[name] = value
            } else if complaint == nil {
                complaint = "line \(index + 1) of $OUTPUTS is \"\(text.prefix(80).withControlsReplaced)\"; \(Self.rule)"
            }
        }
    }

    static func pair(_ line: String) -> (name: String, value: String)? {
        guard let equals = line.firstIndex(of: "=") else { return nil }
        let name = line[..<equals]
        guard let first = name.utf8.first, Self.letters.contains(first), name.utf8.count <= 100,
            name.utf8.allSatisfy({ Self.letters.contains($0) || Self.rest.contains($0) })
        else { return nil }
        return (String(name), String(line[line.index(after: equals)...]))
    }

    private static let letters = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
    private static let rest = Set("0123456789_".utf8)

    /// What an earlier run of a step handed on before it was interrupted.
    static func ofInterrupted(_ step: StepName, run: CommandID, in workspace: Workspace) -> [String: String] {
        guard let folder = try? Folder("\(workspace.logs)/\(run)"), let names = try? folder.names(),
            let name = names.first(where: { $0.hasSuffix("-\(step).outputs") }),
            let outputs = try? Outputs(path: folder.path(of: name), isFinished: false)
        else { return [:] }
        return outputs.values
    }
}

extension Substring {
    fileprivate var withControlsReplaced: String { String(self).withoutControlCharacters }
}
