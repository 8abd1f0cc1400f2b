"""The numbers of the Prototypes page: features in space, assignment to prototypes, momentum."""
