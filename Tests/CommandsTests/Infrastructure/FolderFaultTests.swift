import EnvironmentDomain
import Foundation
import Testing

@testable import Commands
@testable import OpenTofuProvider

@Suite("A fault of the user's folder")
struct FolderFaultTests {
    /// Returns a provider whose folder has been removed.
    private func provider(_ path: String) throws -> Provider {
        try write("# nothing", to: "\(path)/infrastructure/main.tf")
        let provider = try Provider.opentofu(infrastructure: "\(path)/infrastructure", program: "/bin/true")
        try FileManager.default.removeItem(atPath: "\(path)/infrastructure")
        return provider
    }

    @Test("is a step's failure also for a preview")
    func preview() async throws {
        try await withTemporaryFolder { path in
            let provider = try provider(path)
            let error = await #expect(throws: StepError.self) {
                _ = try await provider.preview?.run(
                    Sample.created().erased, lineage: nil, workspace: Workspace(root: AbsolutePath("\(path)/my-env")))
            }
            #expect(error?.kind == "invalid_infrastructure")
        }
    }

    @Test("is a step's failure also for the drift check")
    func check() async throws {
        try await withTemporaryFolder { path in
            let check = try #require(try provider(path).checks.first)
            try write(
                #"{"version":4,"serial":1,"lineage":"l","resources":[]}"#,
                to: "\(path)/my-env/build/infrastructure/terraform.tfstate")
            let context = try StepContext.testing(
                "infrastructure", outputs: ["instance_address": "127.0.0.1"], folder: AbsolutePath("\(path)/my-env"))
            let error = await #expect(throws: StepError.self) { _ = try await check.findings(context) }
            #expect(error?.kind == "invalid_infrastructure", "\(error?.summary ?? "")")
        }
    }
}
