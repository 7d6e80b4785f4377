module tlscopy

go 1.21
