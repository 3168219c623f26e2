import Foundation
import RedisMessageLog
import Testing

/// Tests that run the README's commands and compile its samples.
@Suite(.enabled(if: TestServer.missing == nil, "a Redis server can be started"))
struct ReadmeTests {
    private static let package = URL(filePath: #filePath).appending(path: "../../..").standardizedFileURL

    @Test func theCommandsOfThePageDoWhatItSays() async throws {
        let block = try #require(try Self.blocks("sh").first)
        let folder = NSTemporaryDirectory() + "redis-readme-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let port = try TestServer.freePort()
        let script = """
            set -euo pipefail
            PORT=\(port) FOLDER=\(folder)
            for path in /proc/self/fd/*; do
                number=${path##*/}
                [ "$number" -le 2 ] || eval "exec $number>&-" 2>/dev/null || :
            done
            exec >\(folder)/output 2>&1 </dev/null
            \(block)
            redis-cli -p "$PORT" shutdown nosave
            """
        // The server needs some time before it answers.
        let patient = script.replacing("redis-cli -p \"$PORT\" ping", with: "sleep 1; redis-cli -p \"$PORT\" ping")
        _ = try await TestServer.run(["bash", "-c", patient])
        var rest = try String(contentsOfFile: folder + "/output", encoding: .utf8)[...]
        let promises = block.split(separator: "\n").compactMap { line in
            line.firstRange(of: "# prints: ").map { line[$0.upperBound...] }
        }
        #expect(promises.count == 2)
        for promise in promises {
            let found = try #require(rest.firstRange(of: promise), "\(promise) is not printed: \(rest)")
            rest = rest[found.upperBound...]
        }
    }

    @Test func theSamplesOfThePageCompile() async throws {
        let sample = try #require(try Self.blocks("swift").first)
        let file = NSTemporaryDirectory() + "redis-sample-\(UUID().uuidString).swift"
        try sample.write(toFile: file, atomically: false, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: file) }
        let products = try Self.products()
        let maps = [
            "\(products)/COperatingSystem.build/module.modulemap",
            Self.package.appending(path: "../../Sources/CHiRedis/module.modulemap").standardizedFileURL.path(),
        ]
        let output = try await TestServer.run(
            ["swiftc", "-typecheck", "-parse-as-library", "-swift-version", "6", "-I", "\(products)/Modules"]
                + maps.flatMap { ["-Xcc", "-fmodule-map-file=\($0)"] } + [file])
        #expect(output.isEmpty, "\(output)")
    }

    /// Returns the folder with the built modules, beside the running tests.
    private static func products() throws -> String {
        for place in [Bundle.main.bundleURL] + CommandLine.arguments.map({ URL(filePath: $0) }) {
            var folder = place.standardizedFileURL.resolvingSymlinksInPath()
            while folder.pathComponents.count > 1 {
                let modules = folder.appending(path: "Modules/RedisMessageLog.swiftmodule").path()
                if FileManager.default.fileExists(atPath: modules) { return folder.path() }
                folder = folder.deletingLastPathComponent()
            }
        }
        throw CocoaError(.fileNoSuchFile)
    }

    /// Returns the page's code blocks in a language.
    private static func blocks(_ language: String) throws -> [String] {
        let text = try String(contentsOf: package.appending(path: "README.md"), encoding: .utf8)
        return text.split(separator: "```\(language)\n").dropFirst().compactMap { part in
            part.firstRange(of: "```").map { String(part[..<$0.lowerBound]) }
        }
    }
}
