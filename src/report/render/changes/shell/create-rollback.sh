
check_new
# Nobody is spared: who has them now has them by the permission set.
delete_new ''
