import Foundation
import JSONText
import Testing

@testable import EnvironmentTool

/// The hosts `app` and `web` of the example with namespaces, and the tool that drives them.
struct Hosts: Sendable {
    private let sandbox: Sandbox

    /// A release for both hosts whose content is the parameter `tag`.
    private static let page = """
        - hosts: all
          become: true
          gather_facts: false
          vars:
            release: "/srv/page/releases/{{ tag }}"
          tasks:
            - name: The release's folder
              ansible.builtin.file: {path: "{{ release }}", state: directory, mode: "0755"}
            - name: The page
              ansible.builtin.copy: {dest: "{{ release }}/index.html", content: "{{ tag }}\\n", mode: "0644"}
            - name: The environment's name beside it
              ansible.builtin.copy:
                dest: "{{ release }}/environment.txt"
                content: "{{ environment_name }}\\n"
                mode: "0644"
            - name: Switch over
              ansible.builtin.file: {src: "{{ release }}", dest: /srv/page/current, state: link}
        """

    /// What this machine needs and does not have; nil when nothing is missing.
    static let isMissing: String? = {
        if geteuid() != 0 { return "hosts of namespaces need Linux and root" }
        func isThere(_ program: String) -> Bool {
            searchPath.split(separator: ":").contains {
                FileManager.default.isExecutableFile(atPath: "\($0)/\(program)")
            }
        }
        let missing = ["sshd", "ip", "sudo", "unshare", "ssh", "ansible-playbook"].filter { !isThere($0) }
        if !missing.isEmpty { return "\(missing.joined(separator: ", ")) missing; Scripts/real-hosts installs them" }
        return isThere("terraform") || isThere("tofu") ? nil : "neither tofu nor terraform is on the PATH"
    }()

    private static let searchPath =
        (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin") + ":/usr/sbin:/sbin"

    /// Runs `body` with a copy of the example; afterwards no host is left.
    static func with(program: String, _ body: (Hosts) async throws -> Void) async throws {
        let hosts = Hosts(sandbox: try Sandbox(program: program))
        let example = URL(filePath: #filePath).appending(path: "../../../../../Examples/infrastructure/namespace-hosts")
        try await hosts.sandbox.shell("cp -r '\(example.standardizedFileURL.path())' infrastructure")
        try hosts.sandbox.write(page, to: "infrastructure/playbooks/release/10-page.yml")
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(hosts))
        } catch {
            result = .failure(error)
        }
        for process in try await hosts.processes() { Foundation.kill(process, SIGKILL) }
        try result.get()
    }

    // MARK: Running

    private func start(_ arguments: [String]) throws -> Program {
        try sandbox.start(arguments, shell: "PATH='\(Self.searchPath)'; exec \"$@\"")
    }

    func run(_ arguments: [String]) async throws -> Outcome { try await start(arguments).end() }

    /// Starts a command, kills it in a step, and gives it again, after what its refusals say, until it comes to its end.
    func kill(_ arguments: [String], in step: String) async throws {
        let program = try start(arguments)
        let isOver = Task { try await program.end() }
        try await wait(for: step) {
            program.errors.contains(" \(step)\n") || Foundation.kill(program.identifier, 0) != 0
        }
        program.signal(SIGKILL)
        #expect(try await isOver.value.code == 128 + SIGKILL, "\(step) was over before the kill")
        var outcome: Outcome?
        for _ in 0..<4 {
            let again = try await run(arguments + ["--lock-timeout", "500"])
            if again.code == 0 { return }
            outcome = again
            // A host that was cut short while it was removed, or a state that was cut short while it was written.
            #expect(again.code == 1, "\(again)")
            if let way = again.lastWord.firstMatch(
                of: #/(put it back with: |start again with: )(?<line>(cp|mkdir) .*?)\. Trace/#)
            {
                try await sandbox.shell(String(way.output.line))
            }
        }
        Issue.record("\(arguments) does not come to its end after a kill in \(step): \(outcome?.description ?? "")")
    }

    // MARK: Looking

    /// The release that each host has in place.
    func tags() async throws -> [String] {
        var tags: [String] = []
        for host in ["app", "web"] {
            let text = try await sandbox.shell(
                "ssh -F data/site/build/ssh_config \(host) cat /srv/page/current/index.html")
            tags.append(text.trimmingCharacters(in: .newlines))
        }
        return tags
    }

    /// What the service on `web` shows.
    func page() async throws -> String {
        try await sandbox.shell(
            "ssh -F data/site/build/ssh_config web \"python3 -c 'import urllib.request; "
                + "print(urllib.request.urlopen(\\\"http://localhost:8080/\\\", timeout=10).read().decode(), end=\\\"\\\")'\""
        )
    }

    /// The outermost processes of the hosts that there are now.
    func processes() async throws -> [Int32] {
        // Their command line names the environment's folder; their first word tells them from who looks for them.
        let text = try await sandbox.shell(
            """
            for f in /proc/[0-9]*; do
                if [ "$(cat $f/comm 2>/dev/null)" = unshare ] && grep -qF '\(sandbox.root)/' $f/cmdline 2>/dev/null
                then echo ${f#/proc/}; fi
            done
            """)
        return text.split(separator: "\n").compactMap { Int32($0) }
    }
}
