import EnvironmentDomain

func forgetDestroyed(_ environment: AnyEnvironmentState) -> Bool {
    // expected-error@+2 {{switch must be exhaustive}}
    // expected-note@+1 {{add missing case: '.destroyed(_)'}}
    switch environment {
    case .created, .provisioning, .provisioned, .provisionFailed, .configuring, .configured, .configureFailed: true
    case .releasing, .released, .releaseFailed, .running, .runFailed: false
    }
}
