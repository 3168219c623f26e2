import COperatingSystem
import Dispatch

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// An object that passes signals to a closure as long as it lives.
package final class Signals {
    package static let hangUp: Int32 = SIGHUP
    package static let interrupt: Int32 = SIGINT
    package static let terminate: Int32 = SIGTERM
    package static let kill: Int32 = SIGKILL
    package static let `continue`: Int32 = SIGCONT

    /// Sends a signal to a process.
    package static func send(_ number: Int32, to process: Int32) throws(SystemError) {
        _ = try check("kill", "process \(process)") { sendSignal(process, number) }
    }

    private let sources: [any DispatchSourceSignal]

    /// Calls `handler` with the signal's number each time one of `numbers` arrives, and disables their default actions.
    package init(_ numbers: [Int32], handler: @escaping @Sendable (Int32) -> Void) {
        let queue = DispatchQueue(label: "signals")
        // A program that was started with nohup must survive its terminal, and one that a script started in the
        // background must survive the Ctrl-C that ends the script. SIGTERM always asks to end.
        let heard = numbers.filter { ![SIGHUP, SIGINT].contains($0) || !os_signal_is_ignored($0) }
        sources = heard.map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { handler(number) }
            source.resume()
            return source
        }
    }

    deinit { for source in sources { source.cancel() } }

    /// Makes writing to a closed pipe an error; by default it ends the process.
    package static func ignoreBrokenPipes() { _ = signal(SIGPIPE, SIG_IGN) }

    /// Lets this process wait for its children.
    ///
    /// A process that ignores SIGCHLD, as some supervisors' children do from the start, gets no exit status of its
    /// children, and their numbers can be used again immediately.
    package static func hearOfChildren() { _ = signal(SIGCHLD, SIG_DFL) }

    /// Makes writing beyond the file size limit an error; by default it ends the process.
    package static func ignoreFileSizeLimit() { _ = signal(SIGXFSZ, SIG_IGN) }
}

@available(*, unavailable)
extension Signals: Sendable {}

// Inside the type, `kill` is the name of a constant.
private func sendSignal(_ process: Int32, _ number: Int32) -> Int32 { kill(process, number) }
