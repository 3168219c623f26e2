import EnvironmentDomain
import Foundation
import JSONText
import Testing

/// A browser without a window that a test drives (Chromium, over its debugging pipe).
final class LiveBrowser {
    static let program: String? = {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        let names = ["chromium", "chromium-browser", "google-chrome", "chrome"]
        return names.lazy.flatMap { name in folders.map { "\($0)/\(name)" } }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }()

    static let isThere: Bool = {
        if program == nil { print("skipped: no chromium on the PATH (apt-get install chromium), so no page is opened") }
        return program != nil
    }()

    private let process: Program
    private let requests: FileHandle
    private let answers: String
    private var count: Int64 = 0
    private var session: String?

    init(_ sandbox: Sandbox) async throws {
        let program = try #require(Self.program)
        let answers = sandbox.path("home/answers")
        self.answers = answers
        process = try sandbox.start(
            [],
            shell: """
                mkfifo home/requests; exec '\(program)' --headless --no-sandbox --disable-gpu --disable-dev-shm-usage \
                --disable-background-networking --no-first-run --user-data-dir=home/profile --window-size=1280,900 \
                --remote-debugging-pipe 3<>home/requests 4>home/answers
                """)
        try await Self.wait(for: "the browser's pipe") { FileManager.default.fileExists(atPath: answers) }
        requests = try FileHandle(forWritingTo: URL(filePath: sandbox.path("home/requests")))
        let target = try await call("Target.createTarget", ["url": .string("about:blank")])["targetId"]?.string
        session = try await call(
            "Target.attachToTarget", ["targetId": .string(try #require(target)), "flatten": .bool(true)])["sessionId"]?
            .string
    }

    /// Opens an address and waits until its document is complete.
    func open(_ address: String) async throws {
        _ = try await call("Page.navigate", ["url": .string(address)])
        try await Self.wait(for: "the page") {
            try await self.evaluate("location.href !== 'about:blank' && document.readyState === 'complete'")
                == .bool(true)
        }
    }

    /// The value of a JavaScript expression in the page.
    func evaluate(_ expression: String) async throws -> JSONValue {
        let answer = try await call(
            "Runtime.evaluate",
            ["expression": .string(expression), "awaitPromise": .bool(true), "returnByValue": .bool(true)])
        if answer["exceptionDetails"] != nil { throw InVain("\(expression): \(try answer.jsonText())") }
        return answer["result"]?["value"] ?? .null
    }

    /// Waits until a JavaScript expression is true in the page.
    func wait(until expression: String) async throws {
        try await Self.wait(for: expression) { try await self.evaluate(expression) == .bool(true) }
    }

    func resize(width: Int) async throws {
        _ = try await call(
            "Emulation.setDeviceMetricsOverride",
            [
                "width": JSONValue(width), "height": JSONValue(800), "deviceScaleFactor": JSONValue(1),
                "mobile": .bool(false),
            ])
    }

    func close() async throws {
        session = nil
        _ = try await call("Browser.close", [:])
        _ = try await process.end()
    }

    private static func wait(for what: String, until condition: () async throws -> Bool) async throws {
        let start = ContinuousClock.now
        while try await !condition() {
            guard ContinuousClock.now - start < hangGuard else { throw InVain("waited in vain for \(what)") }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    private func call(_ method: String, _ parameters: JSONObject) async throws -> JSONValue {
        count += 1
        let number = count
        var request: [(String, JSONValue)] = [
            ("id", JSONValue(number)), ("method", .string(method)), ("params", .object(parameters)),
        ]
        if let session { request.append(("sessionId", .string(session))) }
        let text = try JSONValue.object(JSONObject(request)).text(.sortedNames)
        try requests.write(contentsOf: Data(text + [0]))
        var answer: JSONValue?
        try await Self.wait(for: method) {
            let bytes = FileManager.default.contents(atPath: self.answers) ?? Data()
            for message in bytes.split(separator: 0).reversed() {
                guard let value = try? JSONValue(parsing: Array(message)), value["id"]?.integer == number else {
                    continue
                }
                answer = value
                return true
            }
            return false
        }
        guard let result = answer?["result"] else { throw InVain("\(method): \(answer.map { "\($0)" } ?? "")") }
        return result
    }
}
