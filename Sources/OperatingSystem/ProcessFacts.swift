import COperatingSystem

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The properties of one process, as Linux reports them.
package struct ProcessFacts: Hashable, Sendable {
    package let identifier: Int32
    package let parent: Int32
    package let group: Int32
    package let session: Int32
    /// The start time in clock ticks since boot.
    package let start: Int64
    private let state: UInt8

    /// Whether the process has ended and was not reaped yet.
    package var hasEnded: Bool { state == UInt8(ascii: "Z") || state == UInt8(ascii: "X") }
    /// Whether a signal stopped the process; `false` for one that a debugger stopped.
    package var isStopped: Bool { state == UInt8(ascii: "T") }
    /// Whether the process is in a sleep that a signal can end.
    package var isAsleep: Bool { state == UInt8(ascii: "S") }

    /// Reads the properties of a process; `nil` when there is no such process or the system does not show it.
    package init?(_ process: Int32) {
        var facts = os_process()
        guard unsafe os_process_facts(process, &facts) == 0 else { return nil }
        identifier = process
        parent = facts.parent
        group = facts.group
        session = facts.session
        start = facts.start
        state = UInt8(bitPattern: facts.state)
    }

    /// Returns the processes that the system shows; see ``identifiers()``.
    package static func all() -> [ProcessFacts] { identifiers().compactMap(ProcessFacts.init) }

    /// Returns the numbers of the processes that the system shows.
    ///
    /// The result is empty without `/proc`, and with a `/proc` of another namespace, in which the numbers mean other
    /// processes.
    package static func identifiers() -> [Int32] {
        guard isShown, let processes = try? Folder("/proc"), let names = try? processes.names() else { return [] }
        return names.compactMap(Int32.init)
    }

    /// Whether `/proc` shows processes with the numbers of this process's namespace.
    static var isShown: Bool {
        (try? Folder("/proc"))?.target(ofLink: "self") == "\(ThisProcess.identifier)"
    }
}
