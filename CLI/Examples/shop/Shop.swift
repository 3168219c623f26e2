import TypedEnvironments

/// A shop whose release is its catalogue: the file that the parameter `catalogue` names.
///
/// With the parameter `approval` a release waits until somebody makes the file of that name.
let shop = Provider(
    "shop",
    provision: [
        Step("create_instance") { step in
            try await step.run("mkdir", "-p", step.workspace.instance)
            try step.set(.instanceAddress, to: "127.0.0.1")
        }
    ],
    configure: [.shell("install", "echo installed > \"$INSTANCE_DIR/installed\"")],
    release: [
        Step("stage") { step in
            guard let catalogue = step.parameters["catalogue"] else {
                throw StepError(kind: "no_catalogue", summary: "the parameter catalogue names no file to release")
            }
            try await step.run("cp", catalogue, "\(step.workspace.instance)/staged")
        },
        Step("approve") { step in
            guard let approval = step.parameters["approval"] else { return }
            step.log("waiting for the file \(approval)")
            try await step.poll(every: .milliseconds(50), upTo: .seconds(3600)) {
                try await step.execute("test", "-e", approval).status == 0
            }
        },
        .shell("publish", "mv \"$INSTANCE_DIR/staged\" \"$INSTANCE_DIR/catalogue\""),
    ],
    run: [.shell("check", "test -s \"$INSTANCE_DIR/catalogue\"")],
    destroy: [.shell("remove_instance", "rm -rf \"$INSTANCE_DIR\"")])
