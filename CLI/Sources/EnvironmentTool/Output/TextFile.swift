import CommandLineProgram

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A file of text that is only read.
enum TextFile {
    /// The file's lines without what a terminal would take for a command; nil when there is no such file.
    static func lines(_ path: String) throws -> [String]? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let bytes: Data
        do {
            bytes = try Data(contentsOf: URL(filePath: path))
        } catch {
            throw Failure(.notSaved, "read_failed", "\(path) cannot be read: \(error)")
        }
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines.map { String(decoding: $0, as: UTF8.self).asPrintedLine }
    }

    /// The names in a folder, sorted; none when there is no such folder.
    static func names(in folder: String) throws -> [String] {
        guard exists(folder) else { return [] }
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        } catch {
            throw Failure(.notSaved, "read_failed", "\(folder) cannot be read: \(error)")
        }
    }

    static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    /// The permission bits of a file; nil when there is none.
    static func mode(_ path: String) -> Int? {
        let mode = (try? FileManager.default.attributesOfItem(atPath: path))?[.posixPermissions]
        return (mode as? any BinaryInteger).map { Int(clamping: $0) }
    }
}
