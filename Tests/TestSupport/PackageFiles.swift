package import Foundation

/// The files of the package.
package enum PackageFiles {
    package static let root = URL(filePath: #filePath).appending(path: "../../..").standardizedFileURL

    package static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    package static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appending(path: path).path())
    }

    /// Returns the Swift files of a folder and its subfolders.
    package static func swiftFiles(in folder: String) -> [URL] {
        let files = FileManager.default.enumerator(at: root.appending(path: folder), includingPropertiesForKeys: nil)
        return (files?.compactMap { $0 as? URL } ?? [])
            .filter { $0.pathExtension == "swift" }
            .sorted { $0.path() < $1.path() }
    }

    /// Returns the files of a folder and its subfolders with a name extension, as paths relative to the package's
    /// folder.
    package static func files(in folder: String, ending: String) -> [String] {
        let start = root.appending(path: folder)
        let files = FileManager.default.enumerator(at: start, includingPropertiesForKeys: nil)
        return (files?.compactMap { $0 as? URL } ?? [])
            .map { String($0.path().dropFirst(root.path().count)) }
            .filter { $0.hasSuffix(ending) }
            .sorted()
    }
}
