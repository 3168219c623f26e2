public import EnvironmentDomain

/// The checks of every message log's promises, for any test framework.
///
///     for check in MessageLogConformance.checks {
///         try await check.run { MyMessageLog() }
///     }
public enum MessageLogConformance: Sendable {
    /// All checks; each needs an empty log of its own.
    public static let checks = [
        MessageLogCheck("A log that was never written is empty") { log in
            let contents = try await log.read()
            try require(contents.messages.isEmpty && contents.damaged.isEmpty, "\(contents)")
        },
        MessageLogCheck("Messages are read as they were written, in their order") { log in
            for text in texts { try await log.append(text) }
            let contents = try await log.read()
            try require(contents.messages == texts, "\(contents.messages)")
            try require(contents.damaged.isEmpty, "\(contents.damaged)")
        },
        MessageLogCheck("Messages that are appended together are behind all others, in their order") { log in
            try await log.append("first")
            try await log.append(contentsOf: texts)
            try await log.append("last")
            let messages = try await log.read().messages
            try require(messages == ["first"] + texts + ["last"], "\(messages)")
        },
        MessageLogCheck("An append of no messages changes nothing") { log in
            try await log.append("only")
            try await log.append(contentsOf: [])
            let contents = try await log.read()
            try require(contents.messages == ["only"] && contents.damaged.isEmpty, "\(contents)")
        },
        MessageLogCheck("Of appends at the same time none is lost, and those of one task keep their order") { log in
            try await withThrowingTaskGroup { group in
                for writer in 0..<8 {
                    group.addTask { for number in 0..<16 { try await log.append("\(writer) \(number)") } }
                }
                try await group.waitForAll()
            }
            let messages = try await log.read().messages
            try require(messages.count == 128, "\(messages.count) of 128 are there")
            for writer in 0..<8 {
                let own = messages.filter { $0.hasPrefix("\(writer) ") }
                try require(own == (0..<16).map { "\(writer) \($0)" }, "\(own)")
            }
        },
        MessageLogCheck("Messages that are appended together stay together") { log in
            try await withThrowingTaskGroup { group in
                for writer in 0..<8 {
                    group.addTask {
                        for number in 0..<8 {
                            try await log.append(contentsOf: (0..<3).map { "\(writer) \(number) \($0)" })
                        }
                    }
                }
                try await group.waitForAll()
            }
            let messages = try await log.read().messages
            try require(messages.count == 192, "\(messages.count) of 192 are there")
            for start in stride(from: 0, to: 192, by: 3) {
                let beginning = messages[start].dropLast(2)
                let together = (0..<3).map { "\(beginning) \($0)" }
                try require(Array(messages[start..<start + 3]) == together, "\(messages[start..<start + 3])")
            }
        },
        MessageLogCheck("A log that was removed is empty and can be written again") { log in
            try await log.remove()
            try await log.append("old")
            try await log.remove()
            try require(try await log.read().messages.isEmpty, "there are messages")
            try await log.append("new")
            let messages = try await log.read().messages
            try require(messages == ["new"], "\(messages)")
        },
    ]

    private static let texts = [
        "", " ", "[\"a\"]", "{}", "with \"quotes\" and\nnewlines\r\n\u{2028}", "\u{0}\u{7F}", "é e\u{301} 🙂 \u{200D}",
        String(repeating: "x", count: 100_000),
    ]
}

/// A promise of every message log, and the check for it.
public struct MessageLogCheck: Sendable, CustomStringConvertible {
    /// The promise, as a sentence.
    public let promise: String
    private let body: @Sendable (any MessageLog<String>) async throws -> Void

    init(_ promise: String, _ body: @escaping @Sendable (any MessageLog<String>) async throws -> Void) {
        self.promise = promise
        self.body = body
    }

    /// Checks the promise on a new log; log records of the check are discarded.
    ///
    /// - Throws: ``BrokenPromise`` when the promise is broken, or the error of `make`.
    public func run(_ make: @Sendable () async throws -> any MessageLog<String>) async throws {
        let log = try await make()
        try await reportingBrokenPromise(promise) { try await body(log) }
    }

    public var description: String { promise }
}
