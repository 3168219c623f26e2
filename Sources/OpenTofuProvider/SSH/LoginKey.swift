import Commands
import EnvironmentDomain
import OperatingSystem

/// The key pair for logging in to an environment's hosts, which is checked before a host is made.
struct LoginKey: Sendable {
    private let privatePath: String
    private let publicPath: AbsolutePath

    init(_ account: SSHAccount) {
        privatePath = account.privateKeyPath.text
        publicPath = account.publicKeyPath
    }

    /// Checks that `ssh` can use the key without asking for a passphrase.
    ///
    /// If an agent has the key, the private file is not needed.
    ///
    /// - Throws: ``StepError`` with the kind `unusable_key`, and the reason and the fix in its summary; `ssh_failed` or
    ///   `not_started` when the key cannot be checked.
    func check() async throws(StepError) {
        let bytes = try privateBytes()
        if let bytes, Self.isPublic(bytes) || privatePath.hasSuffix(".pub") {
            throw unusable("\(privatePath) is a public key; name the private one beside it")
        }
        let publicKey = Result { () throws(StepError) in try self.publicKey() }
        guard let bytes else {
            if case .success(let publicKey) = publicKey, try await isInAgent(publicKey) { return }
            throw unusable("the private key \(privatePath) cannot be read: it is not there, and no agent has it")
        }
        // Only the programs of OpenSSH can tell whether they accept a key.
        guard let program = ThisProcess.findProgram("ssh-keygen") else {
            _ = try publicKey.get()
            return
        }
        let judgement = try await Self.run([program, "-y", "-P", "", "-f", privatePath])
        guard !judgement.isSuccess else {
            guard Self.identity(judgement.text) == Self.identity(try publicKey.get()) else {
                throw unusable(
                    "\(publicPath) is not the public key of \(privatePath), which this prints: "
                        + "ssh-keygen -y -f \(privatePath.quotedForShell)")
            }
            return
        }
        if judgement.text.hasPrefix("No user exists") { throw StepError.sshFailed(judgement.text.lastLine) }
        if case .success(let publicKey) = publicKey, try await isInAgent(publicKey) { return }
        // A fault of the private key is reported first, since the public key cannot be derived from an unusable private
        // key.
        throw unusable("the private key \(privatePath) " + reason(bytes, judgement.text))
    }

    // MARK: The files

    private func privateBytes() throws(StepError) -> [UInt8]? {
        do {
            let file = try OpenFile(privatePath, .readFollowingLinks)
            guard try file.status().kind == .regular else { throw unusable("\(privatePath) is not a file") }
            return try file.read(limit: 1 << 20)
        } catch let error as SystemError where error.isNotFound {
            return nil
        } catch let error as StepError {
            throw error
        } catch {
            throw unusable(
                "the private key \(privatePath) cannot be read: \((error as? SystemError)?.reason ?? "\(error)")")
        }
    }

    private func publicKey() throws(StepError) -> String {
        let text: String
        do {
            text = try VariablesFile.publicKey(at: publicPath)
        } catch {
            throw unusable(error.summary)
        }
        guard Self.isPublic(Array(text.utf8)), Self.identity(text).count == 2 else {
            throw unusable(
                "\(publicPath) does not hold a public key as OpenSSH writes it, which this prints: "
                    + "ssh-keygen -y -f \(privatePath.quotedForShell)")
        }
        return text
    }

    private static func isPublic(_ bytes: [UInt8]) -> Bool {
        ["ssh-", "ecdsa-sha2-", "sk-", "---- BEGIN SSH2 PUBLIC KEY"].contains { bytes.starts(with: $0.utf8) }
    }

    /// Returns the type and the key in a line of a public key, without the comment.
    private static func identity(_ line: String) -> [Substring] {
        Array(line.split(whereSeparator: \.isWhitespace).prefix(2))
    }

    /// Returns the reason for which `ssh-keygen` refuses a private key, and the fix.
    private func reason(_ bytes: [UInt8], _ complaint: String) -> String {
        let file = privatePath.quotedForShell
        let isOpenSSH = bytes.starts(with: "-----BEGIN OPENSSH".utf8)
        if complaint.contains("bad permissions") {
            return "can be read by others, and ssh refuses it: chmod 600 \(file)"
        }
        if complaint.contains("passphrase") {
            return "has a passphrase, which nobody is there to type: give it to an agent (ssh-add \(file), after "
                + "eval \"$(ssh-agent)\" where none runs), or use a key without one"
        }
        if bytes.isEmpty { return "is empty; put the key back from a copy, or create the environment with another one" }
        if bytes.starts(with: "PuTTY-User-Key-File".utf8) {
            return "is in PuTTY's format; make one for OpenSSH: puttygen \(file) -O private-openssh -o NEW-FILE"
        }
        if isOpenSSH && bytes.contains(UInt8(ascii: "\r")) {
            return "has lines that end in CRLF, which ssh cannot read; correct it, with the old one kept beside it: "
                + "sed -i.crlf 's/\\r$//' \(file)"
        }
        if isOpenSSH && bytes.last != UInt8(ascii: "\n") {
            return "has no newline at its end, without which ssh cannot read it: echo >> \(file)"
        }
        return "has a format that ssh cannot read, or is damaged (\(complaint.lastLine))"
    }

    private func unusable(_ summary: String) -> StepError { StepError(kind: "unusable_key", summary: summary) }

    // MARK: The agent

    private func isInAgent(_ publicKey: String) async throws(StepError) -> Bool {
        guard ThisProcess.variable("SSH_AUTH_SOCK")?.isEmpty == false,
            let program = ThisProcess.findProgram("ssh-add")
        else { return false }
        let list = try await Self.run([program, "-L"])
        let key = Self.identity(publicKey)
        return list.isSuccess
            && list.text.split(whereSeparator: \.isNewline).contains { Self.identity(String($0)) == key }
    }

    private struct Judgement: Sendable {
        let isSuccess: Bool
        let text: String
    }

    /// Runs a program of OpenSSH, which cannot ask for a passphrase.
    private static func run(_ command: [String]) async throws(StepError) -> Judgement {
        var variables = ["SSH_ASKPASS_REQUIRE": "never", "LC_ALL": "C"]
        for name in ["PATH", "HOME", "SSH_AUTH_SOCK"] { variables[name] = ThisProcess.variable(name) }
        do {
            // The name is removed before the program starts, so the file is deleted when its last descriptor is closed.
            let folder = try Folder(ThisProcess.temporaryFolder)
            let name = ".te-key-\(CommandID.random())"
            let output = try folder.open(name, .createNew)
            try folder.remove(name)
            let child = try ChildProcess(
                ChildProcess.Request(command: command, environment: variables), output: output)
            // An agent that does not answer within 30 seconds counts as missing.
            let watch = Task {
                try await Task.sleep(for: .seconds(30))
                child.killNow()
            }
            let end = await child.end()
            watch.cancel()
            return Judgement(
                isSuccess: end == .exited(0), text: String(decoding: try output.read(limit: 1 << 20), as: UTF8.self))
        } catch {
            throw StepError(
                kind: .notStarted, summary: "\(command[0]) could not be run to check the SSH key: \(error)")
        }
    }
}

extension String {
    /// The last line of a program's output, without control characters.
    fileprivate var lastLine: String {
        split(whereSeparator: \.isNewline).last.map { String($0).withoutControlCharacters } ?? "without a reason"
    }
}
