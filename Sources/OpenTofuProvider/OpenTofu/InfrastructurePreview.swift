import Commands
import EnvironmentDomain
import OperatingSystem

/// A preview of the changes that OpenTofu or Terraform would make.
///
/// The user's files and the state are copied into the temporary folder of the preview.
struct InfrastructurePreview: Sendable {
    let source: OpenTofuSource

    func plan(_ context: StepContext, _ request: Preview.Request) async throws -> Preview.Plan {
        let environment = context.environment
        let workspace = request.workspace
        try OutsideReference.check(source.folder)
        let tool = try source.tool(context)
        try copyState(of: BuildFolder(workspace), to: tool.build)
        let account = try environment.context.sshAccount(in: workspace)
        let key = (try? VariablesFile.publicKey(at: account.publicKeyPath)) ?? Self.anyKey
        try VariablesFile(environment, lineage: context.lineage, workspace: workspace, publicKey: key)
            .put(in: tool.build.infrastructure)
        try await tool.prepare(source.folder)
        let outcome = try await tool.run(
            ["plan", "-json", "-input=false", "-lock=false"] + (request.isRemoval ? ["-destroy"] : []), name: "plan")
        guard outcome.isSuccess else {
            try Task.checkCancellation()
            throw tool.failure(outcome, kind: "plan_refused", "plan")
        }
        let summary = outcome.report.summary
        return Preview.Plan(
            changes: outcome.report.planned, add: summary?.add ?? 0, change: summary?.change ?? 0,
            remove: summary?.remove ?? 0)
    }

    private func copyState(of build: BuildFolder, to copy: BuildFolder) throws {
        let target = try Folder.making(copy.infrastructure)
        for name in [ToolState.name, ".terraform.lock.hcl"] {
            guard let bytes = try build.read("\(lastComponent(of: build.infrastructure))/\(name)") else { continue }
            try target.put(bytes, at: name)
        }
    }

    /// A placeholder for the public key that would be generated; there is no private key for it.
    private static let anyKey =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA preview"
}
