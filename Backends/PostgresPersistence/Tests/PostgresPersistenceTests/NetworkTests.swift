import EnvironmentDomain
import Foundation
import Persistence
import PostgresPersistence
import Testing

/// Tests with two hosts and a server, from which one host is cut off.
@Suite(
    .enabled(if: TestServer.missing == nil, "a PostgreSQL server can be started"),
    .enabled(
        if: getuid() == 0 && Program.find("ip") != nil && Program.find("unshare") != nil,
        "only root makes hosts, with ip: apt-get install iproute2"))
struct NetworkTests {
    @Test func aHostThatIsCutOffStopsBeforeTheOtherGoesOn() async throws {
        try await withHosts { server, first, second in
            let (database, _) = try await server.newDatabase()
            try await Sample.repository(at: server.url(database)).migrate()
            let folder = try newFolder()
            let url = "host=\(Hosts.server) port=\(server.port) dbname=\(database) user=postgres"
            let cutOff = try first.start(["watch", url, folder, "my-env", "3000"])
            #expect(await cutOff.readLine() == "saved 1")
            try await first.cutOff()
            let start = ContinuousClock.now
            // The second host waits until the server notices, and then for the grace period of the first host.
            let next = try second.start(["watch", url, folder, "my-env", "3000"])
            // Both lines are read concurrently, so that each has its own time.
            async let end = (line: cutOff.readLine(), time: ContinuousClock.now - start)
            async let beginning = (line: next.readLine(), time: ContinuousClock.now - start)
            let (lost, saved) = await (end, beginning)
            #expect(lost.line == "lost")
            #expect(saved.line == "saved 2")
            let (noticed, tookOver) = (lost.time, saved.time)
            #expect(noticed < tookOver)
            print("cut off: noticed after \(noticed), taken over after \(tookOver)")
            // The host is connected again, and its next save changes nothing.
            try await first.connect()
            cutOff.write("save")
            #expect(await cutOff.readLine() == "failed lock_lost")
            next.write("save")
            #expect(await next.readLine() == "saved 3")
        }
    }

    private func withHosts(_ body: (TestServer, Hosts, Hosts) async throws -> Void) async throws {
        let hosts = try await Hosts.make()
        do {
            let server = try await TestServer(
                listens: Hosts.server, access: "host all all \(Hosts.network) trust")
            try await body(server, hosts.0, hosts.1)
            try await Hosts.remove()
        } catch {
            try await Hosts.remove()
            throw error
        }
    }
}

/// A host in its own network namespace, with its own host name.
struct Hosts: Sendable {
    static let network = "10.214.77.0/24"
    static let server = "10.214.77.1"
    private static let bridge = "pgtest"

    let name: String

    /// Creates two hosts that reach this one over a bridge.
    static func make() async throws -> (Hosts, Hosts) {
        try await remove()
        try await Program.check(["ip", "link", "add", bridge, "type", "bridge"])
        try await Program.check(["ip", "addr", "add", "\(server)/24", "dev", bridge])
        try await Program.check(["ip", "link", "set", bridge, "up"])
        for (name, number) in [("pgtest-a", 2), ("pgtest-b", 3)] {
            try await Program.check(["ip", "netns", "add", name])
            try await Program.check(["ip", "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name])
            try await Program.check(["ip", "link", "set", name, "master", bridge, "up"])
            try await Program.check(["ip", "-n", name, "addr", "add", "10.214.77.\(number)/24", "dev", "eth0"])
            try await Program.check(["ip", "-n", name, "link", "set", "eth0", "up"])
        }
        return (Hosts(name: "pgtest-a"), Hosts(name: "pgtest-b"))
    }

    static func remove() async throws {
        for words in [
            ["ip", "netns", "del", "pgtest-a"], ["ip", "netns", "del", "pgtest-b"], ["ip", "link", "del", "pgtest-a"],
            ["ip", "link", "del", "pgtest-b"], ["ip", "link", "del", bridge],
        ] {
            // A missing device causes an error that does not matter.
            _ = try await Program.run(words)
        }
    }

    func start(_ words: [String]) throws -> Worker {
        // A different host name makes it another host for readers of the lock's record.
        let script = "hostname \(name); exec \"$@\""
        return try Worker(
            words, under: ["ip", "netns", "exec", name, "unshare", "--uts", "sh", "-c", script, "sh"])
    }

    /// Drops all packets in both directions from now on, without an error for either side.
    func cutOff() async throws { try await Program.check(["ip", "link", "set", name, "down"]) }
    func connect() async throws { try await Program.check(["ip", "link", "set", name, "up"]) }
}
