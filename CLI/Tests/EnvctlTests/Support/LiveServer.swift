import Foundation
import Testing

/// A running `envctl ui`, and requests to it.
struct LiveServer: Sendable {
    let program: Program
    /// The address that opens the page once.
    let address: String
    private let sandbox: Sandbox

    init(_ sandbox: Sandbox, _ arguments: String...) async throws {
        self.sandbox = sandbox
        let program = try sandbox.start(["ui"] + arguments)
        try await wait(for: "the address") { program.output.contains("\n") || !program.errors.isEmpty }
        address = try #require(program.output.split(separator: "\n").first.map(String.init), "\(program.errors)")
        self.program = program
    }

    /// The address without the token.
    var root: String { String(address.prefix { $0 != "?" }) }
    var port: String { String(root.split(separator: ":")[2].dropLast()) }

    /// What curl gets, with the status in front; a browser's cookies are kept in `jar`.
    func get(_ path: String, _ options: String..., jar: String = "jar") async throws -> Reply {
        let url = path.hasPrefix("http") ? path : root + path.dropFirst()
        let words = (["-s", "-i", "--path-as-is", "-b", jar, "-c", jar] + options + [url]).map { "'\($0)'" }
        let text = try await sandbox.shell("curl \(words.joined(separator: " "))")
        return try Reply(text)
    }

    /// Exchanges the token for the cookie.
    func open() async throws {
        let reply = try await get(address)
        #expect(reply.status == 303, "\(reply)")
    }

    /// Ends the program as Ctrl-C does.
    @discardableResult
    func end() async throws -> Outcome {
        program.signal(SIGINT)
        return try await program.end()
    }

    struct Reply: CustomStringConvertible {
        let status: Int
        let head: String
        let body: String

        init(_ text: String) throws {
            let lines = text.replacing("\r\n", with: "\n")
            let end = lines.firstRange(of: "\n\n")
            head = String(lines[..<(end?.lowerBound ?? lines.endIndex)])
            body = end.map { String(lines[$0.upperBound...]) } ?? ""
            status = try #require(Int(lines.dropFirst(9).prefix(3)), "\(text)")
        }

        var description: String { "\(head)\n\n\(body.prefix(300))" }

        func field(_ name: String) -> String? {
            head.split(separator: "\n").first { $0.hasPrefix("\(name): ") }.map { String($0.dropFirst(name.count + 2)) }
        }
    }
}
