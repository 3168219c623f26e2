import EnvironmentDomain

func address(_ environment: borrowing Environment<Created>) {
    // expected-error@+1 {{requires that 'Created' conform to 'ProvisionedState'}}
    _ = environment.instanceAddress
}

func address(_ environment: borrowing Environment<ProvisionFailed>) {
    // expected-error@+1 {{requires that 'ProvisionFailed' conform to 'ProvisionedState'}}
    _ = environment.instanceAddress
}

func address(_ environment: borrowing Environment<Destroyed>) {
    // expected-error@+1 {{requires that 'Destroyed' conform to 'ProvisionedState'}}
    _ = environment.instanceAddress
}
