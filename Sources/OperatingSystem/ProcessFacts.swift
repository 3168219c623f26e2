import COperatingSystem

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What the system says of one process (Linux).
package struct ProcessFacts: Hashable, Sendable {
    package let identifier: Int32
    package let parent: Int32
    package let group: Int32
    package let session: Int32
    /// Clock ticks since boot.
    package let start: Int64
    private let state: UInt8

    /// Whether the process has ended and only waits to be reaped.
    package var hasEnded: Bool { state == UInt8(ascii: "Z") || state == UInt8(ascii: "X") }
    /// Whether the process is stopped by a signal; one that a debugger inspects is not.
    package var isStopped: Bool { state == UInt8(ascii: "T") }
    /// Whether the process waits for something that a signal ends.
    package var isAsleep: Bool { state == UInt8(ascii: "S") }

    /// Reads the facts; nil when there is no such process or the system does not show it.
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

    /// All processes that the system shows; see ``identifiers()``.
    package static func all() -> [ProcessFacts] { identifiers().compactMap(ProcessFacts.init) }

    /// The numbers of all processes that the system shows; none where there is no `/proc`, or one of another namespace, in
    /// which the same numbers mean other processes.
    package static func identifiers() -> [Int32] {
        guard isShown, let processes = try? Folder("/proc"), let names = try? processes.names() else { return [] }
        return names.compactMap(Int32.init)
    }

    /// Whether `/proc` shows the processes under the numbers that they have for this process.
    static var isShown: Bool {
        (try? Folder("/proc"))?.target(ofLink: "self") == "\(ThisProcess.identifier)"
    }
}
