# The environment sets the first block of variables. The others have defaults; set them in a file *.auto.tfvars in this
# folder, or in environment variables TF_VAR_<name>.

variable "environment_tags" {
  type        = map(string)
  description = "The environment's name and lineage."
}

variable "instance_name" {
  type        = string
  description = "The instance's name."
}

variable "ssh_public_key" {
  type        = string
  description = "The key that may log in."
}

variable "ssh_user" {
  type        = string
  description = "Who logs in with it."
}

variable "ssh_port" {
  type        = number
  description = "The port of the SSH server."
}

variable "region" {
  type        = string
  description = "Where the machine is."
  default     = "eu-central-1"
}

variable "instance_type" {
  type        = string
  description = "How large it is."
  default     = "t3.micro"
}

variable "ssh_from" {
  type        = list(string)
  description = "From which networks one may log in."
  default     = ["0.0.0.0/0"]
}
