import EnvironmentDomain
import OperatingSystem

/// The instance of the local provider: a folder that holds a marker of whose it is, so that nothing else is ever taken
/// for it or removed in its place.
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

    /// Makes the folder and writes what this machine is.
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

    /// Makes sure that the instance can be written to and is what was made.
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

    /// The release that this environment runs: a loop that shows by a heartbeat that it lives.
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

    /// Writes the release into a folder of its own, which nothing uses yet.
    ///
    /// The release before the current one is used again when it, and not the current one, has these parameters: a
    /// rollback to it is then the switch alone.
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
        // Written last: a folder with this file is a whole release.
        try release.put(Array(parameters.utf8), at: Self.parameters)
        context.log("staged \(release.path)")
        try context.set(.stagedRelease, to: name)
    }

    /// The release that a link points at; `nil` when there is no such link.
    private func releaseName(ofLink link: String, in folder: Folder) -> String? {
        folder.target(ofLink: link).map { lastComponent(of: $0) }
    }

    /// Points `current` at the staged release with one rename, keeps the release before it and removes older ones.
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

    /// Starts the release's program in a session of its own, so that it outlives this command.
    ///
    /// The program inherits a lock, which is held exactly as long as it lives: a later command finds it by that, also
    /// when this one is killed before it could write anything down.
    /// A service that runs another release than the current one is ended first.
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
        // Not once: who only asks whether it is held has it for a moment.
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
                // Here, and not where it is started: a run that was killed in between continues without starting it.
                try context.set(.servicePID, to: process)
                return
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw StepError(kind: "service_ended", summary: "the service does not run; see \(path)/\(Self.serviceLog)")
    }

    /// The release that the service named in its newest heartbeat; `nil` before the first one.
    private func runningRelease(in folder: Folder) throws -> String? {
        guard let words = try read(Self.heartbeat, in: folder)?.trimmed.split(separator: " "), words.count == 3 else {
            return nil
        }
        return String(words[2])
    }

    /// What the service wrote down as its process id; nil when it has not come to that yet.
    private func servicePID(in folder: Folder) throws -> Int32? {
        guard let text = try read(Self.service, in: folder), text.ends(with: "\n") else { return nil }
        return Int32(text.dropLast())
    }

    // MARK: Destroying

    /// Asks the service to end, and ends it after 5 seconds.
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
            // The service leads a session, so its number is also that of its process group.
            if let process = try servicePID(in: folder), attempt % 100 == 0 {
                context.log("stopping process \(process)")
                ThisProcess.signal(attempt < 100 ? Signals.terminate : Signals.kill, to: -process)
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw StepError(kind: "service_stays", summary: "the service in \(path) could not be ended")
    }

    /// Removes what the provider made.
    ///
    /// What others put into the folder stays, and so does the folder then.
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
            // The marker goes last, so that a run that is killed here can be resumed.
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

    // MARK: Looking

    /// What of the instance is not as the environment's state says; nothing is changed.
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

    /// Whether a file was left by a run that was killed while it wrote `name`.
    private func isTemporary(_ file: String, of name: String) -> Bool {
        file.hasPrefix(".\(name).") && file.hasSuffix("tmp")
    }

    /// The folder of this environment.
    private func ownFolder(_ context: StepContext) throws -> Folder {
        guard let folder = try existing(context) else {
            throw StepError(
                kind: "no_instance", summary: "the instance \(path) is not there, or was made for another environment")
        }
        return folder
    }

    /// The folder; nil when there is none that was made for this environment.
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
