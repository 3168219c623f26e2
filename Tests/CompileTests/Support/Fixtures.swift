import Foundation
import TestSupport

extension PackageFiles {
    /// Returns the names of the fixtures in a folder.
    static func fixtures(_ folder: String) -> [String] {
        swiftFiles(in: "Tests/CompileTests/Fixtures/\(folder)").map { $0.deletingPathExtension().lastPathComponent }
    }

    static func fixture(_ folder: String, _ name: String) -> URL {
        root.appending(path: "Tests/CompileTests/Fixtures/\(folder)/\(name).swift")
    }
}
