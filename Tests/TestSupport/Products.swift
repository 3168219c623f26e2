package import Foundation

/// The products that were built beside the running test program.
package enum Products {
    /// Returns the folder of the built programs and modules.
    package static func folder() throws -> URL {
        let programs = [Bundle.main.bundleURL] + CommandLine.arguments.map { URL(filePath: $0) }
        guard let folder = programs.lazy.flatMap(folders).first(where: hasModules) else {
            throw NotFound(what: "EnvironmentDomain.swiftmodule beside \(programs.map { $0.path() })")
        }
        return folder
    }

    private static func folders(above program: URL) -> [URL] {
        let parts = program.standardizedFileURL.resolvingSymlinksInPath().pathComponents
        return (1..<max(parts.count, 2)).reversed().map { count in
            URL(filePath: "/" + parts[1..<count].joined(separator: "/"))
        }
    }

    private static func hasModules(_ folder: URL) -> Bool {
        FileManager.default.fileExists(atPath: folder.appending(path: "Modules/EnvironmentDomain.swiftmodule").path())
    }
}
