import Dispatch
import Foundation

/// A server that answers the first connection's first command with a text, and is gone.
struct ServerThatGoes {
    let port: Int
    var address: String { "redis://127.0.0.1:\(port)" }

    init(answering text: String) throws {
        let (listener, port) = try TestServer.listener()
        self.port = port
        guard listen(listener, 1) == 0 else { throw CocoaError(.fileReadUnknown) }
        DispatchQueue(label: "server that goes").async {
            let connection = accept(listener, nil, nil)
            close(listener)
            var buffer = [UInt8](repeating: 0, count: 1000)
            _ = unsafe recv(connection, &buffer, buffer.count, 0)
            _ = unsafe send(connection, text, text.utf8.count, 0)
            // First the end of what it says, then that it does not listen either: the next write is a broken pipe.
            shutdown(connection, Int32(SHUT_WR))
            usleep(50_000)
            var linger = linger(l_onoff: 1, l_linger: 0)
            unsafe setsockopt(connection, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
            close(connection)
        }
    }
}
