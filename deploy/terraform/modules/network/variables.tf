variable "name" {
  type        = string
  description = "Name of the installation; every resource's name begins with it."

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.name))
    error_message = "The name must be 3 to 20 lower-case letters, digits and hyphens, and begin with a letter."
  }
}

variable "cidr" {
  type        = string
  description = "Addresses of the VPC. Must not overlap with networks that it is to be connected with."

  validation {
    condition     = can(cidrhost(var.cidr, 0)) && try(tonumber(split("/", var.cidr)[1]), 32) <= 20
    error_message = "The CIDR must be an IPv4 network of /20 or larger."
  }
}

variable "availability_zones" {
  type        = list(string)
  description = "Availability zones to spread over, for example [\"eu-central-1a\", \"eu-central-1b\", \"eu-central-1c\"]."

  validation {
    condition     = length(var.availability_zones) >= 2 && length(var.availability_zones) <= 8 && length(distinct(var.availability_zones)) == length(var.availability_zones)
    error_message = "Two to eight different availability zones are needed."
  }
}

variable "internet_egress" {
  type        = bool
  description = "Whether tasks may reach the internet, through a NAT gateway in each zone. Needed for a key set (JWKS) or a registry outside of AWS. Nothing is reachable from outside either way."
}
