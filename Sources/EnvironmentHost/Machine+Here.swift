import EnvironmentDomain
import OperatingSystem

extension Machine {
    /// The machine that this process runs on.
    private static let here = Machine(
        millisecondsSince1970: { ThisProcess.millisecondsSince1970 },
        absolutePath: { path throws(InvalidValue) in
            do throws(SystemError) {
                return try OperatingSystem.absolutePath(path)
            } catch {
                let reason = error.isNotFound ? "is gone" : "has no usable path (\(error.reason))"
                throw InvalidValue(
                    kind: "path", text: path,
                    rule: path.isEmpty ? "it is empty" : "it is relative, and the current folder \(reason)",
                    example: "/srv/example")
            }
        },
        writeError: { StandardStream.error.write($0) },
        onBlockingThread: { work in try await withBlockingThread(work) })

    fileprivate static func provideHere() { provide(here) }
}

// The loader calls the function in this section before the program starts, so that no program has to provide its
// machine.
#if canImport(Darwin)
    @section("__DATA,__mod_init_func")
#else
    @section(".init_array")
#endif
@used
private let provideMachine: @convention(c) () -> Void = { Machine.provideHere() }
