variable "database_password" {
  type      = string
  sensitive = true
}

variable "regions" {
  type    = set(string)
  default = ["eu-north", "eu-west"]
}

module "network" {
  source   = "./modules/network"
  for_each = var.regions
  region   = each.key
}

resource "terraform_data" "database" {
  input = {
    engine   = "postgres"
    size_gib = 20
    password = var.database_password
  }
}

resource "terraform_data" "service" {
  count = 2
  input = {
    name     = "web-${count.index}"
    database = terraform_data.database.id
  }
}

output "subnets" {
  value = { for region, network in module.network : region => network.subnet }
}
