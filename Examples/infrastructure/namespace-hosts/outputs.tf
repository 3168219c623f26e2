output "instance_address" {
  description = "The address of the first host."
  value       = terraform_data.host[var.hosts[0]].output.address
}

output "hosts" {
  description = "How each host is reached."
  value = {
    for name, host in terraform_data.host :
    name => { address = host.output.address, port = 22, user = host.output.user }
  }
}
