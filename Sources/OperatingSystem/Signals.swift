import COperatingSystem
import Dispatch

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Hands signals on as calls while it lives.
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

    /// Calls `handler` with the signal's number each time one of `numbers` arrives; their usual effect is switched off.
    package init(_ numbers: [Int32], handler: @escaping @Sendable (Int32) -> Void) {
        let queue = DispatchQueue(label: "signals")
        // A program that was started with nohup outlives its terminal, and one that a script started in the background
        // outlives the Ctrl-C that ends the script. SIGTERM always asks to end.
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

    /// Makes writing to a closed pipe an error instead of the end of this process.
    package static func ignoreBrokenPipes() { _ = signal(SIGPIPE, SIG_IGN) }

    /// Lets this process learn how its children end, whatever started it.
    ///
    /// A process that ignores SIGCHLD, as some supervisors' children do from the start, is told nothing, and the numbers of its
    /// children are free at once.
    package static func hearOfChildren() { _ = signal(SIGCHLD, SIG_DFL) }

    /// Makes writing beyond the limit of a file's size an error instead of the end of this process.
    package static func ignoreFileSizeLimit() { _ = signal(SIGXFSZ, SIG_IGN) }
}

@available(*, unavailable)
extension Signals: Sendable {}

// The name `kill` is a constant's inside the type.
private func sendSignal(_ process: Int32, _ number: Int32) -> Int32 { kill(process, number) }
