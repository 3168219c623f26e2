import Commands
import EnvironmentDomain
import OperatingSystem

/// Asks the tool what differs in the world from what its state says.
///
/// It works in the environment's own copy of the user's files, as they were when they were last applied, takes no lock and
/// writes neither the state nor the copy. What was changed in the user's own files since is found too.
struct InfrastructureCheck: Sendable {
    let source: OpenTofuSource

    /// The check that asks OpenTofu or Terraform.
    var check: DriftCheck {
        DriftCheck("infrastructure") { step in try await describingFaults { try await differences(step) } }
    }

    private func differences(_ context: StepContext) async throws -> [DriftCheck.Difference] {
        let tool = try source.tool(context)
        try tool.state.checkWhole(context)
        let differences = try unapplied(tool) + (try await differences(tool))
        for difference in differences { context.log("\(difference.subject): \(difference.text)") }
        return differences
    }

    /// What was changed in the user's own files.
    // Swift 6.3.1 cannot compile it into an asynchronous function: the optimiser crashes.
    @inline(never)
    private func unapplied(_ tool: Tool) throws -> [DriftCheck.Difference] {
        try InfrastructureCopy(build: tool.build).changes(in: source.folder).map {
            DriftCheck.Difference($0, "was changed after it was applied")
        }
    }

    /// What the tool finds in the world.
    private func differences(_ tool: Tool) async throws -> [DriftCheck.Difference] {
        let plan = "\(tool.build.events)/drift.tfplan"
        defer { forget(plan, tool) }
        let outcome = try await tool.run(
            [
                "plan", "-refresh-only", "-detailed-exitcode", "-json", "-input=false", "-lock=false", "-out=\(plan)",
            ], name: "drift")
        switch outcome.end {
        case .exited(0): return []
        case .exited(2): break
        default:
            try Task.checkCancellation()
            throw tool.failure(outcome, kind: "drift_check_failed", "plan -refresh-only")
        }
        let shown = try await tool.run(["show", "-json", plan], name: "drift-plan")
        guard shown.isSuccess else {
            try Task.checkCancellation()
            throw tool.failure(shown, kind: "drift_check_failed", "show")
        }
        return try RefreshPlan(tool.build.eventsPath("drift-plan")).differences.map {
            DriftCheck.Difference($0.subject, $0.difference)
        }
    }

    /// Both files hold values in clear text.
    private func forget(_ plan: String, _ tool: Tool) {
        guard let folder = try? Folder(tool.build.events) else { return }
        _ = try? folder.remove(lastComponent(of: plan))
        _ = try? folder.remove(lastComponent(of: tool.build.eventsPath("drift-plan")))
    }
}
