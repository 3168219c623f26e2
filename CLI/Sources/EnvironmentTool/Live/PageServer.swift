import CommandLineProgram
import EnvironmentPage
import FlyingSocks
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif
/// Serves the live page on the loopback interface: one request a connection, and nothing that a request could change.
struct PageServer: Sendable {
    let feed: LiveFeed
    /// The port; 0 for any that is free.
    let port: UInt16
    /// The command line that leads on when the port cannot be opened.
    let next: String

    /// The number of connections that are served at the same time.
    private static let limit = 64

    /// The connections that are open.
    private final class Connections: Sendable {
        let count = Atomic(0)
    }

    /// Serves until the task is cancelled.
    ///
    /// - Parameter onOpen: Gets the address that opens the page.
    /// - Throws: ``Failure`` when the port cannot be opened.
    func run(_ onOpen: (String) -> Void) async throws {
        let pool = SocketPool.make()
        try await pool.prepare()
        let listener = try open(pool)
        defer { try? listener.close() }
        guard case .ip4(_, let port) = try listener.socket.sockname() else { throw SocketError.unsupportedAddress }
        let admission = Admission(port: port)
        let connections = Connections()
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { try await pool.run() }
            onOpen(admission.address)
            while true {
                let client: AsyncSocket
                do {
                    client = try await listener.accept()
                } catch SocketError.failed {
                    // Too many files are open, or the client is gone already.
                    try await Task.sleep(for: .milliseconds(100))
                    continue
                }
                group.addTask { [feed] in
                    let number = connections.count.add(1, ordering: .relaxed).newValue
                    defer { connections.count.subtract(1, ordering: .relaxed) }
                    let connection = PageConnection(socket: client, admission: admission, feed: feed)
                    await connection.serve(isBeyondLimit: number > Self.limit)
                }
            }
        }
    }

    private func open(_ pool: some AsyncSocketPool) throws -> AsyncSocket {
        do {
            let socket = try Socket(domain: Int32(AF_INET))
            try socket.setValue(true, for: .localAddressReuse)
            try socket.bind(to: .inet(ip4: "127.0.0.1", port: port))
            try socket.listen()
            return try AsyncSocket(socket: socket, pool: pool)
        } catch SocketError.failed(_, let number, let reason) {
            let isInUse = number == EADDRINUSE
            throw Failure(
                .notSaved, isInUse ? "port_in_use" : "port",
                "The port \(port) of 127.0.0.1 cannot be opened: \(isInUse ? "another program uses it" : reason). Choose "
                    + "another one; without --port it is any that is free.", next: next)
        }
    }
}
