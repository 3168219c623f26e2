import Commands
import EnvironmentDomain
import OperatingSystem

/// A check that compares the resources that exist with the state of OpenTofu or Terraform.
///
/// The check runs in the environment's copy of the user's files, as they were last applied. It acquires no lock on the
/// state, and writes neither the state nor the copy. It also finds changes of the user's files since then.
struct InfrastructureCheck: Sendable {
    let source: OpenTofuSource

    /// The check as part of the provider.
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

    /// Returns the changes of the user's files since they were last applied.
    // Not inlined: the optimiser of Swift 6.3.1 crashes when it inlines this into an asynchronous function.
    @inline(never)
    private func unapplied(_ tool: Tool) throws -> [DriftCheck.Difference] {
        try InfrastructureCopy(build: tool.build).changes(in: source.folder).map {
            DriftCheck.Difference($0, "was changed after it was applied")
        }
    }

    /// Returns the differences between the resources and the state.
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

    /// Removes the plan and its JSON form, since both contain values in clear text.
    private func forget(_ plan: String, _ tool: Tool) {
        guard let folder = try? Folder(tool.build.events) else { return }
        _ = try? folder.remove(lastComponent(of: plan))
        _ = try? folder.remove(lastComponent(of: tool.build.eventsPath("drift-plan")))
    }
}
