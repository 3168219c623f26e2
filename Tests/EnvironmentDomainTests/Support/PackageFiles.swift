import Foundation

/// The files of this package, found relative to this source file.
enum PackageFiles {
    static let root = URL(filePath: #filePath).appending(path: "../../../..").standardizedFileURL

    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    static func swiftFiles(in folder: String) throws -> [URL] {
        try FileManager.default
            .contentsOfDirectory(at: root.appending(path: folder), includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "swift" }
            .sorted { $0.path() < $1.path() }
    }
}
