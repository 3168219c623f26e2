import Foundation
import TestSupport

extension PackageFiles {
    /// The names of the fixtures of a folder.
    static func fixtures(_ folder: String) -> [String] {
        swiftFiles(in: "Tests/CompileTests/Fixtures/\(folder)").map { $0.deletingPathExtension().lastPathComponent }
    }

    static func fixture(_ folder: String, _ name: String) -> URL {
        root.appending(path: "Tests/CompileTests/Fixtures/\(folder)/\(name).swift")
    }
}
