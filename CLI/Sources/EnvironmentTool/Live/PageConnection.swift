import EnvironmentPage
import FlyingSocks

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// One connection of a browser: a request, its answer, and the end.
struct PageConnection: Sendable {
    let socket: AsyncSocket
    let admission: Admission
    let feed: LiveFeed

    /// How long a browser may take for its request.
    private static let patience = Duration.seconds(10)
    /// What is read of a body before the answer, since a connection that is closed before loses the answer (bytes).
    private static let bodyLimit = 64 << 10

    /// Answers the request; what goes wrong with a connection ends it, and nothing else.
    func serve(isBeyondLimit: Bool) async {
        defer { try? socket.close() }
        do {
            let (head, response) = try await request()
            guard let head else { return try await write(response) }
            guard !isBeyondLimit else { return try await write(PageResponse(.unavailable, "")) }
            try await answer(head)
        } catch {
            // The browser is gone.
        }
    }

    // MARK: The request

    /// Reads a request.
    ///
    /// - Returns: the head, or the answer when it is none.
    private func request() async throws -> (RequestHead?, PageResponse) {
        try await withThrowingTaskGroup(of: (RequestHead?, PageResponse).self) { group in
            group.addTask { try await read() }
            group.addTask {
                try await Task.sleep(for: Self.patience)
                throw CancellationError()
            }
            defer { group.cancelAll() }
            return try await group.next() ?? (nil, PageResponse(.badRequest, ""))
        }
    }

    private func read() async throws -> (RequestHead?, PageResponse) {
        var bytes: [UInt8] = []
        while true {
            if let end = Self.end(of: bytes) {
                guard let head = RequestHead(bytes[..<end]), !head.isRepeated("host") else {
                    return (nil, PageResponse(.badRequest, ""))
                }
                var left = min(head.bodySize, Self.bodyLimit) - (bytes.count - end)
                while left > 0 { left -= try await socket.read(atMost: left).count }
                return (head, PageResponse(.badRequest, ""))
            }
            guard bytes.count < RequestHead.limit else { return (nil, PageResponse(.headTooLarge, "")) }
            bytes += try await socket.read(atMost: RequestHead.limit - bytes.count)
        }
    }

    /// The index behind the empty line that ends a head.
    private static func end(of bytes: [UInt8]) -> Int? {
        [Array("\r\n\r\n".utf8), Array("\n\n".utf8)].compactMap { bytes.firstRange(of: $0)?.upperBound }.min()
    }

    // MARK: The answer

    private func answer(_ head: RequestHead) async throws {
        let isHead = head.method == "HEAD"
        switch admission.decide(Admission.Request(head)) {
        case .page:
            var pages = feed.pages.makeAsyncIterator()
            // The first page comes when the environments have been read.
            guard let page = await pages.next() else { return }
            try await write(PageResponse(.ok, page.text), isHead: isHead)
        case .events:
            try await write(PageResponse(.ok, type: "text/event-stream"), isHead: isHead)
            if isHead { return }
            var events = PageEvents()
            for await page in feed.pages { try await socket.write(Data(try events.event(page))) }
        case .exchange(let cookie):
            var response = PageResponse(.seeOther, "")
            response.fields += [("Location", "/"), ("Set-Cookie", cookie)]
            try await write(response, isHead: isHead)
        case .refused(let refusal):
            try await write(PageResponse(refusal), isHead: isHead)
        }
    }

    private func write(_ response: PageResponse, isHead: Bool = false) async throws {
        try await socket.write(Data(response.head + (isHead ? [] : response.body)))
    }
}

extension Admission.Request {
    init(_ head: RequestHead) {
        self.init(
            method: head.method, path: head.path, query: head.query, host: head["host"], origin: head["origin"],
            fetchSite: head["sec-fetch-site"], cookies: head["cookie"])
    }
}
