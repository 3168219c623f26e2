import Foundation

/// Runs `body` with the path of a new folder, which is removed at the end.
package func withTemporaryFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    let folder = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
        .appending(path: "integrations-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await body(folder.path)
}

/// Waits until a file is there; after nine minutes the test has failed.
package func waitForFile(_ path: String) async throws {
    let deadline = ContinuousClock.now + .seconds(540)
    while !FileManager.default.fileExists(atPath: path) {
        guard ContinuousClock.now < deadline else { throw FileIsMissing(path: path) }
        try await Task.sleep(for: .milliseconds(20))
    }
}

struct FileIsMissing: Error {
    let path: String
}
