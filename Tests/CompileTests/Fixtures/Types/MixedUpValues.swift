import EnvironmentDomain

func needsTrace(_: TraceID) {}

func ids(_ command: CommandID) {
    // expected-error@+2 {{cannot convert value of type 'CommandID'}}
    // expected-note@+1 {{arguments to generic parameter 'Purpose'}}
    needsTrace(command)
}

func needsInstance(_: InstanceName) {}

func names(_ name: EnvironmentName) {
    // expected-error@+1 {{cannot convert value of type 'EnvironmentName' to expected argument type 'InstanceName'}}
    needsInstance(name)
    // expected-error@+1 {{cannot convert value of type 'String' to expected argument type 'InstanceName'}}
    needsInstance("env-my-env")
}
