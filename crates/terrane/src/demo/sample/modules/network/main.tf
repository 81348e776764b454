variable "region" {
  type = string
}

resource "terraform_data" "subnet" {
  input = {
    region = var.region
    cidr   = "10.${length(var.region)}.0.0/16"
  }
}

output "subnet" {
  value = terraform_data.subnet.input.cidr
}
