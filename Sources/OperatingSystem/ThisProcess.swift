import COperatingSystem
import Dispatch

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Properties of this process and the machine it runs on.
package enum ThisProcess {
    package static let identifier: Int32 = getpid()

    /// The number of this process's effective user.
    package static var userIdentifier: UInt32 { geteuid() }

    /// The start time of this process, in the unit of ``startTime(of:)``.
    package static let startTime: Int64 = os_process_start(getpid())

    package static let hostName: String =
        textOfSystem { buffer in unsafe gethostname(&buffer, buffer.count - 1) == 0 } ?? "unknown"

    /// The identifier of the machine's present boot; empty when the system does not report one.
    package static let bootIdentifier: String = {
        #if canImport(Darwin)
            // kern.boottime changes when the clock is set.
            return textOfSystem { buffer in
                var size = buffer.count
                return unsafe sysctlbyname("kern.bootsessionuuid", &buffer, &size, nil, 0) == 0
            } ?? ""
        #else
            guard let file = try? OpenFile("/proc/sys/kernel/random/boot_id", .read),
                let bytes = try? file.read(limit: 64)
            else { return "" }
            return String(decoding: bytes.prefix { $0 > 32 }, as: UTF8.self)
        #endif
    }()

    /// The identifier of the process's namespace on Linux, which differs between containers; empty elsewhere and
    /// without `/proc`.
    package static var processNamespace: String {
        var buffer = [CChar](repeating: 0, count: 64)
        guard unsafe readlink("/proc/self/ns/pid", &buffer, buffer.count - 1) > 0 else { return "" }
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// The name of the user; `#` and the number when there is none.
    package static let userName = userName(of: geteuid())

    /// Returns the name of a user; `#` and the number, as `sudo -u` accepts it, when there is none.
    package static func userName(of number: UInt32) -> String {
        var entry = unsafe passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16384)
        let result = unsafe getpwuid_r(number, &entry, &buffer, buffer.count, &found)
        guard result == 0, let found = unsafe found else { return "#\(number)" }
        return unsafe String(cString: found.pointee.pw_name)
    }

    /// The time of the system's clock, in whole milliseconds since 1970.
    package static var millisecondsSince1970: Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// The system's name, release and machine, for example `Linux 6.1.0 x86_64`.
    package static let system: String = {
        var names = utsname()
        guard unsafe uname(&names) == 0 else { return "unknown" }
        func text<Bytes>(_ bytes: Bytes) -> String {
            unsafe withUnsafeBytes(of: bytes) { unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        }
        return "\(text(names.sysname)) \(text(names.release)) \(text(names.machine))"
    }()

    /// The number of processors that are online.
    package static var processors: Int { sysconf(Int32(_SC_NPROCESSORS_ONLN)) }

    /// Returns the value of an environment variable; `nil` when it is not set.
    package static func variable(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }

    /// All environment variables; for duplicate names, the first value.
    package static var variables: [String: String] {
        var variables: [String: String] = [:]
        var next = unsafe os_environment()
        while let text = unsafe next?.pointee {
            let parts = unsafe String(cString: text).split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2, variables[String(parts[0])] == nil { variables[String(parts[0])] = String(parts[1]) }
            unsafe next = next?.successor()
        }
        return variables
    }

    /// Returns whether this machine has a locale with a name and the encoding UTF-8.
    package static func hasUTF8Locale(_ name: String) -> Bool { unsafe os_has_utf8_locale(name) }

    /// Returns the absolute path in an environment variable; `nil` when it is not set, empty or relative, as in the XDG
    /// Base Directory Specification.
    package static func folder(in name: String) -> String? {
        variable(name).flatMap { $0.hasPrefix("/") ? $0 : nil }
    }

    /// The folder for temporary files: `TMPDIR` when it is an absolute path, otherwise `/tmp`.
    package static var temporaryFolder: String { folder(in: "TMPDIR") ?? "/tmp" }

    /// Returns the words of the command line after the program's name.
    ///
    /// - Throws: ``SystemError`` with `EILSEQ` for a word that is not UTF-8, and with `ENOENT` when the system does not
    ///   show the words.
    package static func arguments() throws(SystemError) -> [String] {
        guard let words = unsafe os_arguments() else {
            // Every program has its own name as the first word.
            guard !CommandLine.arguments.isEmpty else {
                throw SystemError(call: "open", subject: "/proc/self/cmdline", number: ENOENT)
            }
            return Array(CommandLine.arguments.dropFirst())
        }
        var arguments: [String] = []
        var position = 0
        while let word = unsafe words[position] {
            guard let text = unsafe String(validatingCString: word) else {
                throw SystemError(call: "exec", subject: unsafe String(cString: word), number: EILSEQ)
            }
            arguments.append(text)
            position += 1
        }
        return Array(arguments.dropFirst())
    }

    /// Throws when the system does not show processes: without `/proc`, Dispatch on Linux ends the process in the
    /// middle of its work.
    package static func checkProcesses() throws(SystemError) {
        #if os(Linux)
            var status = stat()
            try check("stat", "/proc/self/stat") { unsafe stat("/proc/self/stat", &status) }
            guard ProcessFacts.isShown else {
                throw SystemError(call: "readlink", subject: "/proc/self", number: ESRCH)
            }
        #endif
    }

    /// Opens closed standard descriptors, makes errors of SIGPIPE and SIGXFSZ, and restores SIGCHLD.
    package static func prepare() {
        StandardStream.openClosed()
        Signals.ignoreBrokenPipes()
        Signals.ignoreFileSizeLimit()
        Signals.hearOfChildren()
    }

    /// Returns the start time of a live process; `nil` when there is certainly no such process, and 0 when the system
    /// does not show it.
    ///
    /// The unit is clock ticks since boot on Linux and microseconds since 1970 on macOS.
    package static func startTime(of process: Int32) -> Int64? {
        let start = os_process_start(process)
        return start < 0 ? nil : start
    }

    /// Returns whether a signal stopped a process; always `false` on other systems than Linux.
    package static func isStopped(_ process: Int32) -> Bool { ProcessFacts(process)?.isStopped ?? false }

    /// Throws when this process cannot have the threads and open files that concurrency needs, or cannot see its own
    /// threads.
    ///
    /// Dispatch waits forever for a thread that cannot be created, and traps on a descriptor that it does not get and
    /// on a `/proc` that does not show its threads. None of this can be detected later.
    static func checkMeans() throws(SystemError) {
        let threads = os_try_threads(Int32(min(processors, 16)) + 8)
        guard threads == 0 else { throw SystemError(call: "pthread_create", subject: "a thread", number: threads) }
        // A child's descriptors are copied to numbers from 32 on before it gets them.
        let descriptors = os_try_descriptors(48)
        guard descriptors == 0 else { throw SystemError(call: "open", subject: "/dev/null", number: descriptors) }
    }

    /// The maximum number of processes and threads of this user, and of open files of this process; `nil` for no limit.
    package static var limits: (processes: Int?, files: Int?) {
        func limit(_ number: Int64) -> Int? { number < 0 ? nil : Int(number) }
        return (limit(os_limit(true)), limit(os_limit(false)))
    }

    /// Runs a program's asynchronous work on the main thread's queue and ends this process with the work's exit code.
    ///
    /// - Parameter refuse: A closure that reports missing resources and returns the exit code; see ``checkMeans()``.
    package static func main(
        orRefuse refuse: (SystemError) -> Int32, _ work: @escaping @Sendable () async -> Int32
    ) -> Never {
        do {
            try checkMeans()
        } catch {
            exit(refuse(error))
        }
        Task { exit(await work()) }
        dispatchMain()
    }

    /// Ends this process.
    package static func exit(_ code: Int32) -> Never { systemExit(code) }

    /// Sends a signal to a process; returns `false` when there is no such process or this user may not signal it.
    @discardableResult
    package static func signal(_ number: Int32, to process: Int32) -> Bool {
        kill(process, number) == 0
    }

    /// Returns whether a path leads to an executable file.
    package static func isProgram(_ path: String) -> Bool {
        var status = stat()
        // A folder can have the permission to execute, too.
        return unsafe stat(path, &status) == 0 && FileStatus(status).kind == .regular && access(path, X_OK) == 0
    }

    /// Returns the absolute path of a program in the folders of `PATH`; when `PATH` is not set, `/usr/bin` and `/bin`
    /// are searched.
    ///
    /// - Parameter path: The folders to search, separated by colons.
    package static func findProgram(_ name: String, on path: String? = variable("PATH")) -> String? {
        for folder in (path ?? "/usr/bin:/bin").parts(at: ":") {
            let path = "\(folder)/\(name)"
            // A relative entry starts at the current folder, which exists when the program does.
            if isProgram(path), let path = try? absolutePath(path) { return path }
        }
        return nil
    }

    /// Returns the processes that hold a lock (`flock`) on a file or inherited it; none on other systems than Linux.
    ///
    /// This process is not included. Neither is a process that has the file open without the lock, for example one that
    /// waits for it.
    ///
    /// - Parameter start: The earliest start time of a process to include, in the unit of ``startTime(of:)``.
    package static func processesLocking(_ status: FileStatus, startedAt start: Int64 = 0) -> [Int32] {
        ProcessFacts.all().filter { process in
            guard process.identifier != identifier, process.start >= start, !process.hasEnded, !isStarting(process),
                let folder = try? Folder("/proc/\(process.identifier)/fd"), let descriptors = try? folder.names()
            else { return false }
            return descriptors.contains { descriptor in
                var found = stat()
                guard unsafe fstatat(folder.descriptor, descriptor, &found, 0) == 0,
                    FileStatus(found).isSameFile(as: status)
                else { return false }
                return isLocked(descriptor, of: process.identifier)
            }
        }.map(\.identifier)
    }

    /// Returns whether a process is a child of this one between its `fork` and its `exec`.
    ///
    /// Such a child has copies of all descriptors, which the `exec` closes.
    private static func isStarting(_ process: ProcessFacts) -> Bool {
        guard process.parent == identifier, let folder = try? Folder("/proc") else { return false }
        return folder.target(ofLink: "\(process.identifier)/exe") == folder.target(ofLink: "self/exe")
    }

    /// Returns whether a descriptor of a process carries a lock; `true` also when the system does not show it.
    private static func isLocked(_ descriptor: String, of process: Int32) -> Bool {
        guard let file = try? OpenFile("/proc/\(process)/fdinfo/\(descriptor)", .read),
            let bytes = try? file.read(limit: 4096)
        else { return true }
        return bytes.split(separator: UInt8(ascii: "\n")).contains { $0.starts(with: "lock:".utf8) }
    }

    /// Returns the processes that were started with a value of an environment variable; none on other systems than
    /// Linux.
    package static func processes(withVariable name: String, _ value: String) -> [Int32] {
        let entry = Array("\(name)=\(value)".utf8)
        return ProcessFacts.identifiers().filter { process in
            guard process != identifier, let file = try? OpenFile("/proc/\(process)/environ", .read),
                let bytes = try? file.read(limit: 4 << 20)
            else { return false }
            return bytes.split(separator: 0).contains { $0.elementsEqual(entry) }
        }
    }

    /// Returns the live processes with a matching command line, without this process; none on other systems than Linux.
    package static func processes(
        where isMeant: (String) -> Bool
    ) -> [(pid: Int32, command: String)] {
        guard let processes = try? Folder("/proc"), let names = try? processes.names() else { return [] }
        return names.compactMap(Int32.init).filter { $0 != identifier }.compactMap { process in
            guard let command = commandLine(of: process), isMeant(command) else { return nil }
            return (process, command)
        }
    }

    /// Returns the command line of a live process, with spaces between its words; `nil` when the system does not show
    /// it.
    package static func commandLine(of process: Int32) -> String? {
        guard let file = try? OpenFile("/proc/\(process)/cmdline", .read), let bytes = try? file.read(limit: 4096),
            !bytes.isEmpty
        else { return nil }
        let words = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        return words.joined(separator: " ")
    }
}

private func systemExit(_ code: Int32) -> Never { exit(code) }

/// Returns the zero-terminated text that a system call writes into a buffer; `nil` when the call fails.
func textOfSystem(_ call: (inout [CChar]) -> Bool) -> String? {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
    guard call(&buffer) else { return nil }
    return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}
