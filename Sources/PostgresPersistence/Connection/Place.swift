#if PostgreSQL
    import EnvironmentDomain
    import Persistence

    #if canImport(Glibc)
        import Glibc
    #elseif canImport(Musl)
        import Musl
    #else
        import Darwin
    #endif

    /// Where a process can be seen: the boot of a machine, and on Linux the container.
    ///
    /// Only of a process of the same place can be said that it is gone.
    enum Place {
        static let here: String = {
            let holder = LeaseHolder.thisProcess(command: .save, run: CommandRun())
            return "\(holder.bootID ?? "") \(processNamespace)"
        }()

        private static var processNamespace: String {
            var buffer = [CChar](repeating: 0, count: 64)
            guard unsafe readlink("/proc/self/ns/pid", &buffer, buffer.count - 1) > 0 else { return "" }
            return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        }

        /// Whether the holder's process has certainly ended.
        static func isGone(_ holder: LeaseHolder, of place: String?) -> Bool {
            place == here && holder.isKnownToBeGone
        }
    }
#endif
