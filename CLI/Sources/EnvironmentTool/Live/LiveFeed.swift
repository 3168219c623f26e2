import EnvironmentPage
import Synchronization

/// The newest page, for every browser that shows it.
final class LiveFeed: Sendable {
    private struct State {
        var page: LivePage?
        var readers: [Int: AsyncStream<LivePage>.Continuation] = [:]
        var count = 0
    }

    private let state = Mutex(State())

    /// Makes a page the newest.
    func publish(_ page: LivePage) {
        let readers = state.withLock { state in
            state.page = page
            return Array(state.readers.values)
        }
        for reader in readers { reader.yield(page) }
    }

    /// The newest page now, and every newer one; a slow reader gets only the last of several.
    var pages: AsyncStream<LivePage> {
        let (stream, reader) = AsyncStream.makeStream(of: LivePage.self, bufferingPolicy: .bufferingNewest(1))
        let (number, page) = state.withLock { state in
            state.count += 1
            state.readers[state.count] = reader
            return (state.count, state.page)
        }
        if let page { reader.yield(page) }
        reader.onTermination = { [weak self] _ in self?.forget(number) }
        return stream
    }

    private func forget(_ number: Int) { state.withLock { $0.readers[number] = nil } }
}
