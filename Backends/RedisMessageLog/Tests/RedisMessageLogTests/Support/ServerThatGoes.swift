import Dispatch
import Foundation

/// A server that answers the first command of the first connection with a text and then closes the connection.
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
            // First the server ends its output, then it stops receiving, so that the next write causes a broken pipe.
            shutdown(connection, Int32(SHUT_WR))
            usleep(50_000)
            var linger = linger(l_onoff: 1, l_linger: 0)
            unsafe setsockopt(connection, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
            close(connection)
        }
    }
}
