import Foundation
import TestSupport
import Testing
import TypedEnvironments

@testable import minimal_deploy

@Suite("The first program of the README", .slow)
struct MinimalDeployTests {
    private func run(_ program: URL, in folder: URL) async throws -> String {
        let (status, output) = try await Tool.run(
            URL(filePath: "/bin/sh"), ["-c", "cd \"$0\" && exec \"$1\" 2>log", folder.path(), program.path()])
        let log = try String(contentsOf: folder.appending(path: "log"), encoding: .utf8)
        #expect(status == 0, "\(log)")
        return output
    }

    @Test("prints the same in a second run, and releases a second version")
    func twice() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "minimal-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let program = try Products.folder().appending(path: "minimal-deploy")
        #expect(try await run(program, in: folder) == "127.0.0.1 8080\n")
        #expect(try await run(program, in: folder) == "127.0.0.1 8080\n")

        let repository = try FileEnvironmentRepository(dataFolder: folder.appending(path: "data").path())
        let deployer = DeploymentOrchestrator(provider: shop, repository: repository)
        try await EnvironmentLog.withHandler({ _ in }) {
            let error = await #expect(throws: CommandError.self) {
                _ = try await deployer.deploy("my-env", to: .released, parameters: ["tag": "v2"])
            }
            #expect(error?.code == .inputsChanged && error?.startAgain == .release)
            let released = try await deployer.deploy(
                "my-env", to: .released, from: .release, parameters: ["tag": "v2"])
            #expect(released.parameters == ["tag": "v2"] && released[.port] == 8080)
        }
    }
}
