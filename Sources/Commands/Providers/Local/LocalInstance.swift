import EnvironmentDomain
import OperatingSystem

/// The instance of the local provider: a folder with a marker that names its environment, so that no other folder is
/// used or removed.
struct LocalInstance: Sendable {
    let path: String
    let keys: KeyPair

    init(_ workspace: Workspace) {
        path = workspace.instance
        keys = KeyPair(workspace)
    }

    static let marker = "made-for"
    static let facts = "facts.txt"
    static let configuration = "configuration"
    static let releases = "releases"
    static let current = "current"
    static let previous = "previous"
    static let parameters = "parameters"
    static let service = "service.pid"
    static let serviceLock = "service.lock"
    static let serviceLog = "service.log"
    static let heartbeat = "heartbeat"

    // MARK: Provisioning

    /// Creates the folder and writes facts about this machine.
    func create(_ context: StepContext) throws {
        let folder = try Folder.making(path)
        let owner = owner(context)
        if let found = try read(Self.marker, in: folder) {
            guard found == owner else {
                throw StepError(
                    kind: "foreign_instance", summary: "\(path) was made for another environment: \(found.trimmed)")
            }
        } else if try !folder.names().allSatisfy({ isTemporary($0, of: Self.marker) }) {
            throw StepError(
                kind: "foreign_instance",
                summary: "\(path) is not empty and was not made by this provider; move it away")
        }
        try folder.put(Array(owner.utf8), at: Self.marker)
        let facts = """
            host=\(ThisProcess.hostName)
            system=\(ThisProcess.system)
            processors=\(ThisProcess.processors)
            user=\(ThisProcess.userName)
            boot=\(ThisProcess.bootIdentifier)

            """
        try folder.put(Array(facts.utf8), at: Self.facts)
        context.log("made \(path)")
        try context.set(.instanceAddress, to: "127.0.0.1")
        try context.set(.instanceHost, to: ThisProcess.hostName)
    }

    /// Checks that the instance belongs to this environment and machine and can be written to.
    func checkReady(_ context: StepContext) throws {
        let folder = try ownFolder(context)
        guard try read(Self.facts, in: folder)?.contains("host=\(ThisProcess.hostName)\n") == true else {
            throw StepError(kind: "not_ready", summary: "\(path)/\(Self.facts) is not that of this machine")
        }
        try folder.put([], at: "probe")
        try folder.remove("probe")
        context.log("\(path) is ready")
    }

    // MARK: Configuring

    private func configurationText(_ context: StepContext) -> String {
        """
        ENVIRONMENT_NAME=\(context.environment.name)
        INSTANCE_NAME=\(context.environment.context.instanceName)
        INSTANCE_ADDRESS=\(context.environment.instance?.address.text ?? "")
        SSH_PORT=\(context.environment.context.sshPort)
        INTERVAL_SECONDS=1

        """
    }

    func writeConfiguration(_ context: StepContext) throws {
        try ownFolder(context).put(Array(configurationText(context).utf8), at: Self.configuration)
        context.log("wrote \(path)/\(Self.configuration)")
    }

    func verifyConfiguration(_ context: StepContext) throws {
        guard try read(Self.configuration, in: ownFolder(context)) == configurationText(context) else {
            throw StepError(
                kind: "configuration_differs", summary: "\(path)/\(Self.configuration) does not hold what was written")
        }
        context.log("\(path)/\(Self.configuration) holds what it should")
    }

    // MARK: Releasing

    /// The release that the environment runs: a loop that writes a heartbeat.
    private static let program = """
        #!/bin/sh
        # Starts in the instance's folder; writes its process id, the time and the release to the heartbeat file, again
        # and again.
        . ./configuration
        echo "$$" > service.pid
        while :; do
            echo "$$ $(date -u +%Y-%m-%dT%H:%M:%SZ) $RELEASE" > heartbeat.new
            mv heartbeat.new heartbeat
            sleep "$INTERVAL_SECONDS"
        done

        """

    /// Writes the release into a new folder, which nothing uses yet.
    ///
    /// If the previous release, but not the current one, has the same parameters, it is used again. A rollback to it
    /// then only switches a link.
    func stageRelease(_ context: StepContext) throws {
        let folder = try ownFolder(context)
        let parameters = context.parameters.sorted { $0.key < $1.key }
            .map { "\($0.key)=\($0.value.quotedForShell)\n" }.joined()
        func isWhole(_ release: String?) throws -> Bool {
            guard let release else { return false }
            let found = try read(Self.parameters, in: folder.folder(Self.releases).folder(release))
            return found?.utf8.elementsEqual(parameters.utf8) == true
        }
        let previous = releaseName(ofLink: Self.previous, in: folder)
        if let previous, try isWhole(previous), try !isWhole(releaseName(ofLink: Self.current, in: folder)) {
            context.log("the release \(previous) has these parameters and is there")
            try context.set(.stagedRelease, to: previous)
            return
        }
        let name = "r\(context.commandRun.startedAt.millisecondsSince1970)"
        let release = try folder.makingFolder(Self.releases).makingFolder(name)
        try release.put(Array(Self.program.utf8), at: "service.sh")
        // Written last, so a folder with this file contains a complete release.
        try release.put(Array(parameters.utf8), at: Self.parameters)
        context.log("staged \(release.path)")
        try context.set(.stagedRelease, to: name)
    }

    /// Returns the name of the release that a link points to; `nil` when there is no such link.
    private func releaseName(ofLink link: String, in folder: Folder) -> String? {
        folder.target(ofLink: link).map { lastComponent(of: $0) }
    }

    /// Points `current` to the staged release with one rename, keeps the previous release, and removes older ones.
    func switchRelease(_ context: StepContext) throws {
        let folder = try ownFolder(context)
        guard let name = context.environment[.stagedRelease],
            try folder.makingFolder(Self.releases).status(of: name) != nil
        else { throw StepError(kind: "no_release", summary: "there is no staged release in \(path)") }
        let target = "\(Self.releases)/\(name)"
        let before = folder.target(ofLink: Self.current)
        if let before, before != target { try point(Self.previous, at: before, in: folder) }
        if before != target { try point(Self.current, at: target, in: folder) }
        let kept = [folder.target(ofLink: Self.current), folder.target(ofLink: Self.previous)]
        let releases = try folder.folder(Self.releases)
        for old in try releases.names() where !kept.contains("\(Self.releases)/\(old)") {
            try releases.removeTree(old)
        }
        context.log("\(Self.current) is \(target)")
        try context.set(.release, to: name)
    }

    private func point(_ link: String, at target: String, in folder: Folder) throws {
        let temporary = ".\(link).tmp"
        try folder.remove(temporary)
        try folder.symbolicLink(temporary, to: target)
        try folder.rename(temporary, to: link)
        try folder.synchronize()
    }

    // MARK: Running

    /// Starts the release's program in a new session, so that it keeps running after this command.
    ///
    /// The program inherits a lock and holds it as long as it runs. The lock tells later commands that the program
    /// runs, even if this command is killed before it records anything. A service that runs a release other than the
    /// current one is ended first.
    func startService(_ context: StepContext) async throws {
        let folder = try ownFolder(context)
        guard let release = releaseName(ofLink: Self.current, in: folder) else {
            throw StepError(kind: "no_release", summary: "there is no release in place in \(path)")
        }
        if try FileLock.isHeld(Self.serviceLock, in: folder) {
            if try runningRelease(in: folder) == release {
                context.log("the service runs the release \(release) already")
                return
            }
            try await endService(in: folder, context)
        }
        // Wait for a moment: a process that only checks whether the lock is held acquires it briefly.
        guard let lock = try await FileLock.acquire(Self.serviceLock, in: folder, timeout: .milliseconds(100)) else {
            throw StepError(kind: "service_stays", summary: "another process started the service in \(path)")
        }
        try folder.remove(Self.service)
        try folder.remove(Self.heartbeat)
        let child = try ChildProcess(
            ChildProcess.Request(
                command: ["/bin/sh", "\(path)/\(Self.current)/service.sh"],
                environment: ["PATH": ThisProcess.variable("PATH") ?? "/usr/bin:/bin", "RELEASE": release],
                workingFolder: path, inherited: [lock.file.descriptor]),
            output: try folder.open(Self.serviceLog, .appendCreating))
        context.log("started process \(child.identifier)")
    }

    /// Waits for a heartbeat of the service.
    func checkService(_ context: StepContext) async throws {
        let folder = try ownFolder(context)
        let release = releaseName(ofLink: Self.current, in: folder)
        while try FileLock.isHeld(Self.serviceLock, in: folder) {
            if let process = try servicePID(in: folder), try runningRelease(in: folder) == release,
                try read(Self.heartbeat, in: folder)?.hasPrefix("\(process) ") == true
            {
                context.log("process \(process) is healthy")
                // Not set in `startService`, since a resumed run may find the service started and skip it.
                try context.set(.servicePID, to: process)
                return
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw StepError(kind: "service_ended", summary: "the service does not run; see \(path)/\(Self.serviceLog)")
    }

    /// Returns the release in the newest heartbeat of the service; `nil` before the first heartbeat.
    private func runningRelease(in folder: Folder) throws -> String? {
        guard let words = try read(Self.heartbeat, in: folder)?.trimmed.split(separator: " "), words.count == 3 else {
            return nil
        }
        return String(words[2])
    }

    /// Returns the process identifier that the service wrote; `nil` when it has not written it yet.
    private func servicePID(in folder: Folder) throws -> Int32? {
        guard let text = try read(Self.service, in: folder), text.ends(with: "\n") else { return nil }
        return Int32(text.dropLast())
    }

    // MARK: Destroying

    /// Sends SIGTERM to the service, and SIGKILL after 5 seconds.
    func stopService(_ context: StepContext) async throws {
        guard let folder = try existing(context) else {
            context.log("there is no instance")
            return
        }
        try await endService(in: folder, context)
    }

    private func endService(in folder: Folder, _ context: StepContext) async throws {
        for attempt in 0..<300 {
            guard try FileLock.isHeld(Self.serviceLock, in: folder) else {
                context.log("no service runs")
                return
            }
            // The service leads a session, so its process identifier is also that of its process group.
            if let process = try servicePID(in: folder), attempt % 100 == 0 {
                context.log("stopping process \(process)")
                ThisProcess.signal(attempt < 100 ? Signals.terminate : Signals.kill, to: -process)
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw StepError(kind: "service_stays", summary: "the service in \(path) could not be ended")
    }

    /// Removes the files that the provider made, and the generated key pair.
    ///
    /// If the folder contains other files, they and the folder are kept.
    func remove(_ context: StepContext) throws {
        if let folder = try existing(context) {
            let made = [
                Self.facts, Self.configuration, Self.releases, Self.current, Self.previous, Self.service,
                Self.serviceLock, Self.serviceLog, Self.heartbeat, "heartbeat.new", "probe",
            ]
            for name in try folder.names()
            where made.contains(where: { name == $0 || isTemporary(name, of: $0) })
                || isTemporary(name, of: Self.marker)
            {
                try folder.removeTree(name)
            }
            // The marker is removed last, so that a run that is killed here can be resumed.
            let rest = try folder.names().filter { $0 != Self.marker }
            try folder.remove(Self.marker)
            if rest.isEmpty {
                try Folder(parentPath(of: path) ?? "/").removeTree(lastComponent(of: path))
                context.log("removed \(path)")
            } else {
                context.log("kept \(path), which holds what others put there: \(rest.joined(separator: ", "))")
            }
        }
        try keys.remove(context)
    }

    // MARK: Drift

    /// Returns the differences between the instance and what was made according to the environment's state.
    func differences(_ context: StepContext) throws -> [String] {
        let environment = context.environment
        guard environment.instance != nil else { return [] }
        guard let folder = try existing(context), try read(Self.marker, in: folder) != nil else {
            return ["it is not there, or was made for another environment"]
        }
        var differences: [String] = []
        if try read(Self.facts, in: folder) == nil { differences.append("\(Self.facts) is missing") }
        // What a command that is under way would make need not be there yet.
        guard Phase.configure.isReached(by: environment) else { return differences }
        if try read(Self.configuration, in: folder) != configurationText(context) {
            differences.append("\(Self.configuration) does not hold what was written")
        }
        guard Phase.release.isReached(by: environment) else { return differences }
        let release = folder.target(ofLink: Self.current)
        if try release == nil || folder.status(of: Self.releases) == nil {
            differences.append("there is no release in place")
        } else if let name = environment[.release], release != "\(Self.releases)/\(name)" {
            differences.append("another release than \(name) is in place")
        }
        guard Phase.run.isReached(by: environment) else { return differences }
        if try !FileLock.isHeld(Self.serviceLock, in: folder) {
            differences.append("the service does not run")
        } else if let running = try runningRelease(in: folder), release != "\(Self.releases)/\(running)" {
            differences.append("the service runs the release \(running)")
        }
        return differences
    }

    // MARK: The folder

    private func owner(_ context: StepContext) -> String {
        "\(context.environment.name) created \(context.environment.context.createdAt)\n"
    }

    /// Returns whether a file is a temporary one, left by a run that was killed while it wrote `name`.
    private func isTemporary(_ file: String, of name: String) -> Bool {
        file.hasPrefix(".\(name).") && file.hasSuffix("tmp")
    }

    /// Returns the folder, and throws when there is none that was made for this environment.
    private func ownFolder(_ context: StepContext) throws -> Folder {
        guard let folder = try existing(context) else {
            throw StepError(
                kind: "no_instance", summary: "the instance \(path) is not there, or was made for another environment")
        }
        return folder
    }

    /// Returns the folder; `nil` when there is none that is empty or was made for this environment.
    private func existing(_ context: StepContext) throws -> Folder? {
        do {
            let folder = try Folder(path)
            return try read(Self.marker, in: folder) == owner(context) || folder.names().isEmpty ? folder : nil
        } catch let error as SystemError where error.isNotFound {
            return nil
        }
    }

    private func read(_ name: String, in folder: Folder) throws -> String? {
        do {
            return String(decoding: try folder.open(name, .read).read(limit: 1 << 20), as: UTF8.self)
        } catch  where error.isNotFound {
            return nil
        }
    }
}

extension OutputKey where Value == String {
    fileprivate static let instanceHost = OutputKey("instance_host")
    fileprivate static let stagedRelease = OutputKey("staged_release")
    fileprivate static let release = OutputKey("release")
}

extension OutputKey where Value == Int32 {
    fileprivate static let servicePID = OutputKey("service_pid")
}

extension String {
    fileprivate var trimmed: String { String(prefix { !$0.isNewline }) }
}
