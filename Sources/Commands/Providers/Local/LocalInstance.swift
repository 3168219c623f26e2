import EnvironmentDomain
import OperatingSystem

/// The instance of the local provider: a folder that holds a marker of whose it is, so that nothing else is ever taken
/// for it or removed in its place.
struct LocalInstance: Sendable {
    let path: String
    let keysPath: String

    init(_ workspace: Workspace) {
        path = workspace.instance
        keysPath = workspace.keys
    }

    static let marker = "made-for"
    static let facts = "facts.txt"
    static let configuration = "configuration"
    static let releases = "releases"
    static let current = "current"
    static let previous = "previous"
    static let service = "service.pid"
    static let serviceLog = "service.log"
    static let heartbeat = "heartbeat"

    /// The names of all that the provider puts into the folder but the marker.
    private static let made = [
        facts, configuration, releases, current, previous, service, serviceLog, heartbeat, "heartbeat.new", "probe",
    ]

    /// Whether a file was left behind by a run that was killed while it put one in place.
    private static func isLeftOver(_ name: String) -> Bool {
        name.hasSuffix(".tmp") && (made + [marker]).contains { name.hasPrefix(".\($0).") }
    }

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
        } else if try !folder.names().allSatisfy(Self.isLeftOver) {
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
        try context.handOn("instance_address", "127.0.0.1")
        try context.handOn("instance_host", ThisProcess.hostName)
    }

    /// Generates the environment's key pair where `ssh-keygen` is there; a key of the user's own is left alone.
    func generateKeys(_ context: StepContext) async throws {
        let credentials = context.environment.context.sshCredentials
        let privateKey = credentials.privateKeyPath.text
        let publicKey = credentials.publicKeyPath.text
        guard parentPath(of: privateKey) == keysPath, publicKey == privateKey + ".pub" else {
            context.log("the key \(privateKey) is the user's own")
            return
        }
        guard let program = ThisProcess.findProgram("ssh-keygen") else {
            context.log("ssh-keygen is not there, so no key pair was generated")
            return
        }
        let folder = try Folder.making(keysPath)
        let name = lastComponent(of: privateKey)
        if try folder.status(of: name) != nil, try folder.status(of: name + ".pub") != nil {
            context.log("the key pair \(privateKey) is there")
            return
        }
        // One half alone is left of a run that was killed.
        try folder.remove(name)
        try folder.remove(name + ".pub")
        try await context.runProcess([
            program, "-q", "-t", "ed25519", "-N", "", "-C", "\(credentials.username)@\(context.environment.name)", "-f",
            privateKey,
        ])
        try folder.synchronize()
        context.log("generated the key pair \(privateKey)")
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
        # Starts in the instance's folder; writes its process id and the time to the heartbeat file, again and again.
        . ./configuration
        while :; do
            echo "$$ $(date -u +%Y-%m-%dT%H:%M:%SZ)" > heartbeat.new
            mv heartbeat.new heartbeat
            sleep "$INTERVAL_SECONDS"
        done

        """

    /// Writes the release into a folder of its own, which nothing uses yet.
    func stageRelease(_ context: StepContext) throws {
        let name = "r\(context.run.startedAt.millisecondsSince1970)"
        let release = try ownFolder(context).makingFolder(Self.releases).makingFolder(name)
        try release.put(Array(Self.program.utf8), at: "service.sh")
        context.log("staged \(release.path)")
        try context.handOn("staged_release", name)
    }

    /// Points `current` at the staged release with one rename, keeps the release before it and removes older ones.
    func switchRelease(_ context: StepContext) throws {
        let folder = try ownFolder(context)
        guard let name = context.environment.context.outputs["staged_release"],
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
        try context.handOn("release", name)
    }

    private func point(_ link: String, at target: String, in folder: Folder) throws {
        let temporary = ".\(link).tmp"
        try folder.remove(temporary)
        try folder.symbolicLink(temporary, to: target)
        try folder.rename(temporary, to: link)
        try folder.synchronize()
    }

    // MARK: Running

    /// Starts the release's program in a session of its own, so that it outlives this command; finds it again when it
    /// already runs.
    func startService(_ context: StepContext) throws {
        let folder = try ownFolder(context)
        if let process = try runningService(in: folder) {
            context.log("process \(process) already runs")
            return
        }
        guard folder.target(ofLink: Self.current) != nil else {
            throw StepError(kind: "no_release", summary: "there is no release in place in \(path)")
        }
        try folder.remove(Self.heartbeat)
        let log = try folder.open(Self.serviceLog, .appendCreating)
        let child = try ChildProcess(
            ChildProcess.Request(
                command: ["/bin/sh", "\(path)/\(Self.current)/service.sh"],
                environment: ["PATH": ThisProcess.variable("PATH") ?? "/usr/bin:/bin"], workingFolder: path,
                startsSession: true),
            output: log)
        guard let start = ThisProcess.startTime(of: child.identifier) else {
            throw StepError(kind: "service_ended", summary: "the service ended at once; see \(path)/\(Self.serviceLog)")
        }
        try folder.put(
            Array("\(child.identifier) \(start) \(ThisProcess.bootIdentifier)\n".utf8), at: Self.service)
        context.log("started process \(child.identifier)")
        try context.handOn("service_pid", "\(child.identifier)")
    }

    /// Waits for a heartbeat of the process that was started.
    func checkService(_ context: StepContext) async throws {
        let folder = try ownFolder(context)
        while true {
            guard let process = try runningService(in: folder) else {
                throw StepError(
                    kind: "service_ended", summary: "the service does not run; see \(path)/\(Self.serviceLog)")
            }
            if try read(Self.heartbeat, in: folder)?.hasPrefix("\(process) ") == true {
                context.log("process \(process) is healthy")
                return
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// The service's process; nil when it does not run.
    ///
    /// A process that only has its number is told apart by its start.
    private func runningService(in folder: Folder) throws -> Int32? {
        let words = try read(Self.service, in: folder)?.split(whereSeparator: \.isWhitespace) ?? []
        guard words.count >= 2, let process = Int32(words[0]), let start = Int64(words[1]),
            words.dropFirst(2).joined() == ThisProcess.bootIdentifier,
            ThisProcess.startTime(of: process) == start
        else { return nil }
        return process
    }

    // MARK: Destroying

    /// Asks the service to end, and ends it after 5 seconds.
    func stopService(_ context: StepContext) async throws {
        guard let folder = try existing(context) else {
            context.log("there is no instance")
            return
        }
        guard let process = try runningService(in: folder) else {
            context.log("no service runs")
            return
        }
        // The service leads a session, so its number is also that of its process group.
        ThisProcess.signal(Signals.terminate, to: -process)
        for attempt in 0..<300 {
            if try runningService(in: folder) == nil {
                context.log("process \(process) has ended")
                return
            }
            if attempt == 100 { ThisProcess.signal(Signals.kill, to: -process) }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw StepError(kind: "service_stays", summary: "process \(process) could not be ended")
    }

    /// Removes what the provider made.
    ///
    /// What others put into the folder stays, and so does the folder then.
    func remove(_ context: StepContext) throws {
        if let folder = try existing(context) {
            for name in Self.made { try folder.removeTree(name) }
            for name in try folder.names() where Self.isLeftOver(name) { try folder.remove(name) }
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
        let key = context.environment.context.sshCredentials.privateKeyPath.text
        if parentPath(of: key) == keysPath, let keys = try? Folder(keysPath) {
            try keys.remove(lastComponent(of: key))
            try keys.remove(lastComponent(of: key) + ".pub")
            if try keys.names().isEmpty {
                try Folder(parentPath(of: keysPath) ?? "/").removeTree(lastComponent(of: keysPath))
            }
            context.log("removed the generated keys")
        }
    }

    // MARK: The folder

    private func owner(_ context: StepContext) -> String {
        "\(context.environment.name) created \(context.environment.context.createdAt)\n"
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
            return try read(Self.marker, in: folder) == owner(context) || folder.names().allSatisfy(Self.isLeftOver)
                ? folder : nil
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

extension String {
    fileprivate var trimmed: String { String(prefix { !$0.isNewline }) }
}
